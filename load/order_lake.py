"""The current orders of raw once more, as a Delta table that any engine can read; docs/lake.md says what is in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from clients.paths import ClientPaths
from load.columns import DATASETS, MOMENT, NESTED, Column
from load.failure import LoadError
from load.warehouse import open_warehouse

logger = logging.getLogger(__name__)

BATCH = 100_000
# Orders, items and payments whose lists are made at once: those of ten million items did not fit into DuckDB's 2 GB.
MOST_RECORDS = 2_000_000
PARTITIONS = ["order_year", "order_month"]
# In the metadata of every commit: what each month was made of. Raise the number with any change of the columns.
MADE_OF = "sales.months.1"
_COLUMNS: Mapping[str, Iterable[Column]] = {
    "orders": DATASETS["orders"],
    "order_items": NESTED["items"],
    "payments": NESTED["payments"],
}
_CURRENT_ORDERS = """
current_orders as (
    select *, cast(year(order_date) as integer) as order_year, cast(month(order_date) as integer) as order_month
    from raw.orders
    where is_current
)
"""

Month = tuple[int, int]


@dataclass(frozen=True)
class OrderLake:
    """The table after a run: its version, and the months that the run wrote."""

    version: int
    months: tuple[Month, ...]


def keep_orders(paths: ClientPaths) -> OrderLake:
    """Bring the client's Delta table to the current orders of raw, by one commit that writes the changed months only.

    Which these are is found by comparing raw with what the newest commit was made of. So a run that was killed is
    mended by the next, one without news commits nothing, and what another program committed is written over. Raises
    LoadError when the table can be neither read nor written.
    """
    with open_warehouse(paths) as con:
        try:
            return _keep(con, paths)
        except (DeltaError, OSError) as error:
            cause = str(error).partition("\n")[0]
            raise LoadError(
                f"{paths.order_lake} cannot be brought up to date ({cause}); expected a Delta table. It holds "
                "nothing that raw does not: if the disk is full, make room; if the table is damaged, delete that "
                "folder. Then run the load again."
            ) from error


def _keep(con: duckdb.DuckDBPyConnection, paths: ClientPaths) -> OrderLake:
    table = _existing(paths)
    before, now = _made_of(table) if table else None, _months(con)
    known = before or {}
    changed = sorted(month for month in {*now, *known} if now.get(month) != known.get(month))
    if table is not None and before is not None and not changed:
        return OrderLake(table.version(), ())
    made_of = [[*month, digest] for month, digest in sorted(now.items())]
    properties = CommitProperties(custom_metadata={MADE_OF: json.dumps(made_of)})
    write_deltalake(
        paths.order_lake,
        _reader(con, _portions(now, changed)),
        partition_by=PARTITIONS,
        mode="overwrite",
        predicate=_is_in(changed) if before else None,
        schema_mode=None if before else "overwrite",
        commit_properties=properties,
    )
    table = DeltaTable(paths.order_lake)
    # Files that only versions of more than a week ago have, or none at all, as a killed run leaves them.
    table.vacuum(full=True, dry_run=False, commit_properties=properties)
    logger.info("orders kept as version %d of %s, months written: %d", table.version(), paths.order_lake, len(changed))
    return OrderLake(table.version(), tuple(changed))


def _existing(paths: ClientPaths) -> DeltaTable | None:
    try:
        return DeltaTable(paths.order_lake)
    except TableNotFoundError:
        return None


def _made_of(table: DeltaTable) -> dict[Month, str] | None:
    """What the months were made of; None when another program, or another version of this one, committed last."""
    (commit,) = table.history(1)
    if MADE_OF not in commit:
        return None
    return {(year, month): digest for year, month, digest in json.loads(commit[MADE_OF])}


def _months(con: duckdb.DuckDBPyConnection) -> dict[Month, str]:
    """Every month with current orders, and a digest of all that the table is to hold of it."""
    records = " union all ".join(
        f"""
        select order_year, order_month, hash('{table}', part.order_id, {_listed("part", columns)}) as record
        from raw.{table} as part inner join current_orders on part.order_id = current_orders.order_id
        where part.is_current
        """
        for table, columns in _COLUMNS.items()
    )
    query = f"""
        with {_CURRENT_ORDERS}
        select order_year, order_month, count(*) || '/' || sum(record) from ({records}) group by order_year, order_month
    """
    return {(year, month): digest for year, month, digest in con.execute(query).fetchall()}


def _portions(now: Mapping[Month, str], changed: Iterable[Month]) -> list[str]:
    """SQL conditions for portions of about ``MOST_RECORDS``: some months, or a part of a larger one, in their order.

    One that nothing meets where there is nothing to write.
    """
    portions: list[str] = []
    months: list[Month] = []
    size = 0
    for month in (month for month in changed if month in now):
        records = int(now[month].partition("/")[0])
        if months and size + records > MOST_RECORDS:
            portions.append(_is_in(months))
            months, size = [], 0
        months.append(month)
        size += records
        if size > MOST_RECORDS:
            parts = -(-size // MOST_RECORDS)
            portions += [f"({_is_in(months)}) and hash(order_id) % {parts} = {part}" for part in range(parts)]
            months, size = [], 0
    if months or not portions:
        portions.append(_is_in(months))
    return portions


def _reader(con: duckdb.DuckDBPyConnection, portions: list[str]) -> pa.RecordBatchReader:
    """The orders of the portions, read one after the other as they are written."""
    first, *others = map(_orders, portions)
    reader = con.execute(first).to_arrow_reader(BATCH)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from reader
        for query in others:
            yield from con.execute(query).to_arrow_reader(BATCH)

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _listed(alias: str, columns: Iterable[Column]) -> str:
    return ", ".join(f"{alias}.{column.name}" for column in columns)


def _orders(condition: str) -> str:
    """SQL for the current orders that meet the condition, an order a row with its items and payments."""
    columns = ", ".join(f"{_utc('wanted', column)} as {column.name}" for column in _COLUMNS["orders"])
    return f"""
        with {_CURRENT_ORDERS},
        wanted as (select * from current_orders where {condition})

        select
            {columns},
            wanted.order_date,
            coalesce(items.parts, []) as items,
            coalesce(payments.parts, []) as payments,
            {", ".join(PARTITIONS)}
        from wanted
        left join {_parts("order_items")} as items on wanted.order_id = items.order_id
        left join {_parts("payments")} as payments on wanted.order_id = payments.order_id
    """


def _parts(table: str) -> str:
    """SQL for the lists of an order's parts, in the order of the first column, which numbers or names them."""
    fields = ", ".join(f"{column.name}: {_utc('part', column)}" for column in _COLUMNS[table])
    # Sorted afterwards: list(... order by ...) takes fourteen times as long, 27 s of a million orders.
    return f"""(
        select order_id, list_sort(list({{{fields}}})) as parts
        from raw.{table} as part
        where is_current and order_id in (select order_id from wanted)
        group by order_id
    )"""


def _utc(alias: str, column: Column) -> str:
    """SQL for a column; a moment says that it is UTC, as some engines take one that does not for local time."""
    name = f"{alias}.{column.name}"
    return f"timezone('UTC', {name})" if column.kind is MOMENT else name


def _is_in(months: Iterable[Month]) -> str:
    """SQL that holds in the months."""
    return " or ".join(f"(order_year = {year} and order_month = {month})" for year, month in months) or "false"
