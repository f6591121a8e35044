"""From ``landed`` to typed rows: what is sound, what is a repeat and what is rejected for which reason.

Temporary tables of one delivery, made again for the next:

* ``typed``, and for nested orders ``typed_items`` and ``typed_payments``: every record, columns typed where possible,
  and in ``fault`` what is wrong with it
* ``repeated``: the lines that the same record follows again further down, and the last line that has it
* ``rejected``: the lines that go to quarantine, with the reason
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from contracts.client_file import Client
from contracts.data_file import DataFile, data_file
from contracts.dataset import TEXT, Column
from contracts.datasets import DATASETS
from contracts.deliveries import Manifest
from contracts.layout import OWN_LAYOUT, Layout
from contracts.source import is_stream
from load.columns import (
    WHOLE_RECORD,
    Field,
    is_sound,
    local_day,
    rejection_reason,
    value,
)
from load.dated_datasets import DATED
from load.landed import Landed, read_own_layout, read_shop_file

# Holds in ``typed`` for the records that are loaded.
SOUND = "fault is null and line not in (select line from repeated) and line not in (select line from rejected)"


@dataclass(frozen=True)
class DeliveryContext:
    """A delivery on its way into the warehouse: whose, which, and where its checked file lies."""

    client: Client
    manifest: Manifest
    path: Path

    @property
    def dataset(self) -> str:
        """The dataset it is a delivery of."""
        return self.manifest.dataset

    @property
    def source(self) -> Layout | None:
        """How to read a shop's own file or messages; None for deliveries in our own layout."""
        source = self.client.sources.get(self.dataset)
        return source.layout_of(self.manifest.origin) if source else None

    @property
    def data_file(self) -> DataFile:
        """The delivered file, by its format."""
        return data_file(self.path, self.source or OWN_LAYOUT)

    @property
    def is_stream(self) -> bool:
        """Whether it is a batch of messages: read past the business date, and any field may be missing in all of it."""
        return is_stream(self.manifest.origin)

    @property
    def batch_size(self) -> int:
        """How many messages a full batch has; 0 for what comes in no batches."""
        source = self.client.sources.get(self.dataset)
        return source.full_batch if source and self.is_stream else 0

    @property
    def last_day(self) -> date:
        """The last day that its records may be of; a stream is read to its end, which is in the day that has begun."""
        day = self.manifest.logical_date
        read_on = self.manifest.extracted_at.astimezone(ZoneInfo(self.client.time_zone)).date()
        return max(day, read_on) if self.is_stream else day

    @property
    def is_nested(self) -> bool:
        """Whether a record is an order with its items and payments."""
        return self.dataset == "orders" and self.source is None

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its records apart; empty where nothing does, as for order lines."""
        key = DATASETS[self.dataset].key
        if self.source is None or {*key} <= {*self.source.columns}:
            return key
        return DATED[self.dataset].otherwise if self.dataset in DATED else ()

    @property
    def keeps_repeats(self) -> bool:
        """Whether a record that comes twice is meant twice, which a key would rule out."""
        return self.source is not None and self.source.repeated_rows == "keep" and not self.key


def read(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, folder: Path) -> Landed:
    """Read the delivered file into ``landed``; ``folder`` takes temporary files."""
    if delivery.source is None:
        return read_own_layout(con, delivery.path, delivery.dataset)
    return read_shop_file(con, delivery.data_file, delivery.dataset, folder, is_sparse=delivery.is_stream)


def records_at(
    con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, landed: Landed, lines: Collection[int]
) -> dict[int, str]:
    """The records at some lines of the file that was read into ``landed``, each as text."""
    if landed.record is None:
        return delivery.data_file.texts_at(lines)
    con.register("wanted", pa.table({"wanted_line": pa.array(lines, pa.int64())}))
    records = f"select {landed.line} as line, {landed.record} as record from landed"
    found = con.execute(
        f"select line, record from ({records}) where line in (select wanted_line from wanted)"
    ).fetchall()
    con.unregister("wanted")
    return {int(line): str(record) for line, record in found}


def stage(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, landed: Landed) -> None:
    """Type what is in ``landed`` and find repeats and rejects."""
    time_zone = delivery.client.time_zone
    dataset = delivery.dataset
    _type_records(con, landed, DATASETS[dataset].columns, time_zone)
    if delivery.is_nested:
        for name, columns in DATASETS["orders"].nested.items():
            _type_nested(con, name, columns, time_zone)
    if delivery.is_stream:
        _fault_future(con, delivery)
    _find_repeats(con, landed, is_kept=delivery.keeps_repeats)
    _reject(con, is_nested=delivery.is_nested)
    if delivery.key:
        _reject_repeated_keys(con, delivery.key)


def _type_records(con: duckdb.DuckDBPyConnection, landed: Landed, columns: tuple[Column, ...], time_zone: str) -> None:
    values = [f"{value(column, landed.fields[column.name], time_zone)} as {column.name}" for column in columns]
    delivered = [f"{field.delivered} as delivered_{name}" for name, field in landed.fields.items()]
    _type(
        con,
        "typed",
        columns,
        landed.fields,
        f"select {landed.line} as line, {landed.problem} as problem, '' as place, {', '.join(values + delivered)} "
        "from landed",
    )


def _type_nested(con: duckdb.DuckDBPyConnection, name: str, columns: tuple[Column, ...], time_zone: str) -> None:
    fields = {column.name: Field(f"item.{column.name}", f"item.{column.name}") for column in columns}
    values = [f"{value(column, fields[column.name], time_zone)} as {column.name}" for column in columns]
    delivered = [f"{field.delivered} as delivered_{name}" for name, field in fields.items()]
    label = f"item.{columns[0].name}"
    _type(
        con,
        f"typed_{name}",
        columns,
        fields,
        f"select line, null as problem, '{name[:-1]} ' || coalesce({label}, '?') || ': ' as place, "
        f"{', '.join(values + delivered)} "
        f"from (select rowid + 1 as line, unnest({name}) as item from landed)",
    )


def _type(
    con: duckdb.DuckDBPyConnection, table: str, columns: tuple[Column, ...], fields: Mapping[str, Field], values: str
) -> None:
    checked = [
        (is_sound(column, delivered), rejection_reason(column, delivered, "place"))
        for column in columns
        if column.is_required or column.allowed or column.kind not in (TEXT,)
        for delivered in [Field(f"delivered_{column.name}", "", fields[column.name].date_format)]
    ]
    sound = " and ".join(test for test, _ in checked)
    reasons = ", ".join(f"case when not ({test}) then {text} end" for test, text in checked)
    for needed, fault in WHOLE_RECORD:
        if needed <= {column.name for column in columns}:
            sound += f" and {fault} is null"
            reasons += f", place || {fault}"
    con.execute(
        f"""
        create or replace temp table {table} as
        select
            line,
            {", ".join(column.name for column in columns)},
            case
                when problem is not null then problem
                when {sound} then null
                else concat_ws('; ', {reasons})
            end as fault
        from ({values})
        """
    )


def _fault_future(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Set messages aside that are dated after they were read: a clock gone wrong must not stop every run till then."""
    moment = DATED[delivery.dataset].moment or ""
    con.execute(
        f"""
        update typed set fault = '{moment} is ' || {moment} || 'Z, after ' || $last || ', the day it was read'
        where fault is null and {local_day(moment, delivery.client.time_zone)} > cast($last as date)
        """,
        {"last": delivery.last_day.isoformat()},
    )


def _find_repeats(con: duckdb.DuckDBPyConnection, landed: Landed, *, is_kept: bool) -> None:
    con.execute("create or replace temp table repeated (line bigint not null, counted_line bigint not null)")
    if is_kept:
        return
    # The hash narrows the search; sorting every record by all of its columns takes thirty times as long.
    con.execute(
        f"""
        insert into repeated
        select record_line, counted_line
        from (
            select record_line, max(record_line) over (partition by {landed.identity}) as counted_line
            from (select {landed.line} as record_line, {landed.problem} as problem, * from landed)
            where
                problem is null
                and hash({landed.identity}) in (
                    select hash({landed.identity}) from landed group by 1 having count(*) > 1
                )
        )
        where record_line < counted_line
        """
    )


def _reject(con: duckdb.DuckDBPyConnection, *, is_nested: bool) -> None:
    parts = ["select line, fault, 0 as part from typed where fault is not null"]
    if is_nested:
        parts += [
            "select rowid + 1, 'items is not a list', 1 from landed where items is null and not is_malformed",
            *(f"select line, fault, 2 from typed_{name} where fault is not null" for name in DATASETS["orders"].nested),
            *(
                f"select line, '{name[:-1]} ' || {key} || ' comes twice in the order', 3 from typed_{name} "
                f"where {key} is not null group by line, {key} having count(*) > 1"
                for name, key in (("items", "line_number"), ("payments", "payment_id"))
            ),
        ]
    con.execute(
        f"""
        create or replace temp table rejected as
        select line, string_agg(fault, '; ' order by part, fault) as reason
        from ({" union all ".join(parts)})
        where line not in (select line from repeated)
        group by line
        """
    )


def _reject_repeated_keys(con: duckdb.DuckDBPyConnection, key: tuple[str, ...]) -> None:
    columns = ", ".join(key)
    named = " || ', ' || ".join(f"'{column} ' || coalesce(cast({column} as varchar), 'null')" for column in key)
    con.execute(
        f"""
        insert into rejected
        select line, {named} || ' comes again in line ' || last_line || ' with other content; the last one counts'
        from (
            select line, {columns}, max(line) over (partition by {columns}) as last_line
            from typed
            where {SOUND}
        )
        where line < last_line
        """
    )
