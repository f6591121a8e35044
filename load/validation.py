"""From ``landed`` to typed rows: what is sound, what is a repeat and what is rejected for which reason.

Temporary tables of one delivery, made again for the next:

* ``typed``, and for nested orders ``typed_items`` and ``typed_payments``: every record, columns typed where possible,
  and in ``fault`` what is wrong with it
* ``look_up_keys``: of each line the keys of what other sources have of it
* ``left_out``: the lines that the client file's ``where`` leaves out; they are in none of the others
* ``repeated``: the lines that the same record follows again further down, and the last line that has it
* ``rejected``: the lines that go to quarantine, with the reason
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
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
from contracts.printable import one_line_sql
from contracts.source import is_stream
from load.columns import (
    WHOLE_RECORD,
    Field,
    is_sound,
    rejection_reason,
    value,
)
from load.dated_datasets import DATED
from load.day_limits import fault_impossible_days
from load.landed import Landed, read_own_layout, read_shop_file
from load.look_up_keys import KEYS, keys_of_look_ups, problem_of_look_ups

# Datasets of money that has a number of its own, and the amount: two rows of one number are no versions of one.
PAID = {"payments": "amount", "returns": "refund_amount", "refunds": "refund_amount"}
SHOWN = 3
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
        """Whether it is a batch of messages, any field of which may be missing in all of it."""
        return is_stream(self.manifest.origin)

    @property
    def batch_size(self) -> int:
        """How many records a full batch has; 0 for what comes in no batches."""
        source = self.client.sources.get(self.dataset)
        return source.full_batch if source and self.manifest.origin in source.origins else 0

    @property
    def last_day(self) -> date:
        """The last day that its records may be of: that of its delivery, which may be the day that has begun."""
        day = self.manifest.logical_date
        read_on = self.manifest.extracted_at.astimezone(ZoneInfo(self.client.time_zone)).date()
        return max(day, read_on)

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
    def has_order_each_day(self) -> bool:
        """Whether lines of one number on several days are an order each day."""
        return self.source is not None and self.source.orders_over_days == "one_a_day"

    @property
    def keeps_repeats(self) -> bool:
        """Whether a record that comes twice is meant twice, which a key would rule out."""
        return self.source is not None and self.source.repeated_rows == "keep" and not self.key


def read(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, folder: Path) -> Landed:
    """Read the delivered file into ``landed``; ``folder`` takes temporary files."""
    if delivery.source is None:
        return read_own_layout(con, delivery.path, delivery.dataset)
    currency = delivery.client.currency
    return read_shop_file(
        con, delivery.data_file, delivery.dataset, folder, currency=currency, is_sparse=delivery.is_stream
    )


def records_at(
    con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, landed: Landed, lines: Collection[int]
) -> dict[int, str]:
    """The records at some lines of the file that was read into ``landed``, each as text."""
    if landed.record is None and landed.file_line is None:
        return delivery.data_file.texts_at(lines)
    con.register("wanted", pa.table({"wanted_line": pa.array(lines, pa.int64())}))
    values = f"{landed.record or 'null'} as record, {landed.file_line or 'null'} as file_line"
    found = con.execute(
        f"select * from (select {landed.line} as line, {values} from landed) "
        "where line in (select wanted_line from wanted)"
    ).fetchall()
    con.unregister("wanted")
    if landed.record is not None:
        return {int(line): str(record) for line, record, _ in found}
    texts = delivery.data_file.texts_at({file_line for _, _, file_line in found})
    return {int(line): texts[file_line] for line, _, file_line in found}


def name_records(con: duckdb.DuckDBPyConnection, landed: Landed) -> None:
    """Have the reasons in ``rejected`` say which line of the file a row was made of, and be safe to print."""
    if con.execute("select 1 from rejected limit 1").fetchone() is None:
        return
    if landed.row_name:
        con.execute(
            "update rejected set reason = row_name || ': ' || reason "
            f"from (select {landed.line} as made_line, {landed.row_name} as row_name from landed) "
            "where line = made_line"
        )
    con.execute(f"update rejected set reason = {one_line_sql('reason')}")


def stage(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, landed: Landed) -> tuple[str, ...]:
    """Type what is in ``landed`` and find repeats and rejects; return what stops the delivery all the same."""
    time_zone = delivery.client.time_zone
    dataset = delivery.dataset
    con.execute(
        f"create or replace temp table left_out as select {landed.line} as line from landed where {landed.is_left_out}"
    )
    if landed.look_up_keys:
        con.execute(f"create or replace temp table {KEYS} as {keys_of_look_ups(landed, time_zone)}")
    _type_records(con, landed, dataset, time_zone)
    if delivery.is_nested:
        for name, columns in DATASETS["orders"].nested.items():
            _type_nested(con, name, columns, time_zone)
    fault_impossible_days(con, delivery)
    _find_repeats(con, landed, is_kept=delivery.keeps_repeats)
    _reject(con, is_nested=delivery.is_nested)
    if not delivery.key:
        return ()
    found = _repeated_keys(con, delivery) if delivery.dataset in PAID and delivery.source else ()
    _reject_repeated_keys(con, delivery.key)
    return found


def _type_records(con: duckdb.DuckDBPyConnection, landed: Landed, dataset: str, time_zone: str) -> None:
    columns = tuple(
        replace(one, is_required=False) if one.name in landed.look_up_keys else one for one in DATASETS[dataset].columns
    )
    values = [f"{value(column, landed.fields[column.name], time_zone)} as {column.name}" for column in columns]
    delivered = [f"{field.delivered} as delivered_{name}" for name, field in landed.fields.items()]
    problem = landed.problem
    if landed.look_up_keys:
        problem = f"coalesce({problem}, {problem_of_look_ups(landed, dataset, time_zone)})"
    _type(
        con,
        "typed",
        columns,
        landed.fields,
        f"select {landed.line} as line, {problem} as problem, '' as place, {', '.join(values + delivered)} "
        f"from landed where not ({landed.is_left_out})",
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
        if column.is_required or ((column.allowed or column.kind is not TEXT) and not fields[column.name].is_nowhere)
        for delivered in [replace(fields[column.name], delivered=f"delivered_{column.name}")]
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


def _find_repeats(con: duckdb.DuckDBPyConnection, landed: Landed, *, is_kept: bool) -> None:
    con.execute("create or replace temp table repeated (line bigint not null, counted_line bigint not null)")
    if is_kept:
        return
    same = f"select hash({landed.identity}) from landed where not ({landed.is_left_out}) group by 1 having count(*) > 1"
    if con.execute(f"{same} limit 1").fetchone() is None:
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
                and not ({landed.is_left_out})
                and hash({landed.identity}) in ({same})
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


def _repeated_keys(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> tuple[str, ...]:
    """Where money has one number twice with other content: one of the two would vanish."""
    key, amount = delivery.key[0], PAID[delivery.dataset]
    found = con.execute(
        f"""
        select {key}, string_agg('line ' || line || ' (order ' || coalesce(order_id, 'unknown') || ', ' || {amount}
            || ')', ' and ' order by line), count(*) over ()
        from typed
        where {SOUND}
        group by {key}
        having count(*) > 1
        order by min(line)
        limit {SHOWN}
        """
    ).fetchall()
    if not found:
        return ()
    named = "; ".join(f"{key} {number} in {lines}" for number, lines, _ in found)
    total = found[0][-1]
    column = delivery.source.columns.get(key) if delivery.source else None
    order = delivery.source.columns.get("order_id") if delivery.source else None
    example = f"{order} || '-' || {column}" if isinstance(order, str) and isinstance(column, str) else "..."
    finding = (
        f"{delivery.path}: {total:,} numbers come again with other content: {named}"
        f"{' ...' if total > SHOWN else ''}. One of two would vanish; nothing of this delivery was loaded. Say "
        f'what tells them apart, such as columns: {{{key}: {{sql: "{example}"}}}} in the client file, or leave '
        "one out by where:."
    )
    return (finding,)


def _reject_repeated_keys(con: duckdb.DuckDBPyConnection, key: tuple[str, ...]) -> None:
    columns = ", ".join(key)
    if con.execute(f"select 1 from typed group by {columns} having count(*) > 1 limit 1").fetchone() is None:
        return
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
