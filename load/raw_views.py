"""The schema ``raw`` that people and models read: views in the warehouse over the files of raw that count.

``raw.<table>`` has every delivered version of a record, without the attempts of a delivery that a newer one replaced;
``is_current`` marks the version that counts, of the highest (``logical_date``, ``file_order``, ``delivery_id``). The
models find that for themselves (``int_superseded``), so that verify and the books, which go by it, check them. A file
counts when the ledger has its delivery, so the views are made again after each load.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.sql_text import literal
from load.columns import local_day
from load.dated_datasets import OF_AN_ORDER
from load.derived_views import derived_views
from load.look_up_keys import PREFIX
from load.look_ups import AS_LOADED, as_loaded, look_up_views, look_ups_of
from load.order_lines import line_rules, line_type
from load.raw_tables import BOOKS, Part, RawTables

SCHEMA = Path(__file__).with_name("raw_schema.sql")
# What the versions of a record have in common and no other record has.
NATURAL_KEYS: Mapping[str, tuple[str, ...]] = {
    **{name: dataset.key for name, dataset in DATASETS.items() if dataset.key},
}
# Every table of delivered rows; lines of invoices have no number of their own.
TABLES = (*DATASETS,)
# What every row has: whether it is the version that counts, and where it came from.
ROW = {
    "is_current": "boolean",
    "_delivery_id": "varchar",
    "_source_file": "varchar",
    "_line": "bigint",
    "_loaded_at": "timestamp",
    "_run_id": "varchar",
}
# What may come as a part of an order, which is one version with all of it; the tables with one row an order or line.
_PARTS = ("orders", "order_items", "payments", "order_lines")
# Deliveries of whole orders: what comes in them is a part of its order, not a record of its own.
_WHOLE_ORDERS = ("orders/", "order_lines/")
_IS_PART = "(starts_with(_delivery_id, 'orders/') or starts_with(_delivery_id, 'order_lines/'))"
# The newest attempt of a key counts.
IS_REPLACED = (
    "lead(delivery_id) over (partition by regexp_replace(delivery_id, '/[^/]*$', '') order by delivery_id) is not null"
)
_DERIVED = {"is_current", "is_replaced", "is_verified"}


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables of ``raw``: of the datasets, and as raw_schema.sql has them."""
    con.execute(SCHEMA.read_text(encoding="utf-8"))
    for name, dataset in DATASETS.items():
        own = [
            f"{one.name} {one.kind.sql_type}{' not null' if one.is_required or one.is_filled else ''}"
            for one in dataset.raw_columns()
        ]
        every = [f"{column} {kind} not null" for column, kind in ROW.items()]
        con.execute(f"create table if not exists raw.{name} ({', '.join([*own, *every])})")


@cache
def shown_columns() -> Mapping[str, Mapping[str, str]]:
    """The columns and types of each table of ``raw``."""
    with duckdb.connect() as con:
        create_tables(con)
        rows = con.execute(
            "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw' "
            "order by table_name, column_index"
        ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        tables.setdefault(table, {})[column] = data_type
    return tables


def stored_columns(table: str) -> Mapping[str, str]:
    """The columns that a file of the table has: those that are not derived from other rows."""
    return {name: kind for name, kind in shown_columns()[table].items() if name not in _DERIVED}


def write_part(con: duckdb.DuckDBPyConnection, tables: RawTables, table: str, delivery_id: str, rows: str) -> Part:
    """Write the rows of a query, whose names are columns of the table, as a file; what is not named is null."""
    named = [name for name, *_ in con.execute(f"describe {rows}").fetchall()]
    columns = {**stored_columns(table), **{name: "varchar" for name in named if name.startswith(PREFIX)}}
    values = ", ".join(
        f"cast({name if name in named else 'null'} as {kind}) as {name}" for name, kind in columns.items()
    )
    file = tables.new_file(table)
    count = con.execute(f"copy (select {values} from ({rows})) to {literal(str(file))} (format parquet)").fetchall()
    return tables.finished(table, delivery_id, file, int(count[0][0]))


def show_books(con: duckdb.DuckDBPyConnection, parts: Mapping[str, Collection[Part]]) -> None:
    """Make the views of the ledger and of what verify remembers."""
    con.execute("create schema if not exists raw")
    con.execute("create schema if not exists delivered")
    for table in BOOKS:
        _show_delivered(con, table, parts.get(table, ()))
    for table in ("verified_deliveries", "verified_rows"):
        con.execute(f"create or replace view raw.{table} as from delivered.{table}")
    columns = ", ".join(
        {
            "is_replaced": f"{IS_REPLACED} as is_replaced",
            "is_verified": "delivery_id in (select delivery_id from delivered.verified_deliveries) as is_verified",
        }.get(name, name)
        for name in shown_columns()["load_ledger"]
    )
    con.execute(f"create or replace view raw.load_ledger as select {columns} from delivered.load_ledger")


def counted_deliveries(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The deliveries whose rows count: in the ledger, and not replaced by a newer attempt."""
    rows = con.execute("select delivery_id from raw.load_ledger where not is_replaced").fetchall()
    return {delivery_id for (delivery_id,) in rows}


def show(con: duckdb.DuckDBPyConnection, client: Client, tables: RawTables, *, find_current: bool = False) -> None:
    """Make every view of ``raw``.

    Which versions do not count is found each time ``is_current`` is read; with ``find_current`` it is found now and
    kept, for somebody who reads it often.
    """
    parts = tables.parts()
    show_books(con, parts)
    counted = counted_deliveries(con)
    shown = {table: [part for part in parts.get(table, ()) if part.delivery_id in counted] for table in TABLES}
    for table, files in shown.items():
        _show_delivered(con, table, files, keys=look_ups_of(client, table))
    _show_delivered(con, "quarantine", [part for part in parts.get("quarantine", ()) if part.delivery_id in counted])
    con.execute("create or replace view raw.quarantine as from delivered.quarantine")
    origins = {table: Origins.of(table, files) for table, files in shown.items()}
    superseded = superseded_versions(client, origins)
    con.execute("drop table if exists delivered.found_superseded")
    if find_current:
        superseded = _found(con, superseded)
    joined = {table: _joined_superseded(client, table, origins[table], superseded) for table in TABLES}
    versions = {table: as_loaded(client, table) + joined[table] for table in TABLES}
    files_have = {table: stored_columns(table) for table in TABLES}
    for name, view in look_up_views(client, versions, files_have):
        con.execute(f"create or replace view delivered.{name} as {view}")
    for table in TABLES:
        _show_versions(con, client, table, joined[table])
    con.execute(derived_views(client, _business_date(con)))


def _business_date(con: duckdb.DuckDBPyConnection) -> str:
    """SQL for the day that the warehouse was run for; where nothing describes the client, every day counts."""
    described = "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'client'"
    return "(select business_date from raw.client)" if con.execute(described).fetchone() else "date '9999-12-31'"


@dataclass(frozen=True)
class Origins:
    """The deliveries of a table's rows: where they came as a part of orders, and where they came by themselves."""

    parts: Collection[str]
    own: Collection[str]

    @classmethod
    def of(cls, table: str, files: Collection[Part]) -> Origins:
        """What the files of a table say of it."""
        names = {part.delivery_id for part in files}
        parts = {name for name in names if table in _PARTS and name.startswith(_WHOLE_ORDERS)}
        return cls(parts, names - parts)


def _show_delivered(
    con: duckdb.DuckDBPyConnection, table: str, parts: Collection[Part], keys: Collection[str] = ()
) -> None:
    """A view of the rows of some files, which all have the same columns; with keys of look-ups it waits for those."""
    name = f"{table}{AS_LOADED}" if keys else table
    if parts:
        files = ", ".join(literal(str(part.file.resolve())) for part in parts)
        con.execute(f"create or replace view delivered.{name} as from read_parquet([{files}])")
        return
    stored = {**stored_columns(table), **{f"{PREFIX}{key}": "varchar" for key in keys}}
    columns = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in stored.items())
    con.execute(f"create or replace view delivered.{name} as select {columns} where false")


def superseded_versions(client: Client, origins: Mapping[str, Origins]) -> Mapping[str, str]:
    """SQL for key and delivery of every version that a newer one replaces, by kind of record.

    A kind of which there is one delivery has none.
    """
    is_return, returned = _returned_lines(client)
    orders = [
        f"select order_id as key, _delivery_id from {as_loaded(client, table)}{where}"
        for table, where in (("orders", ""), ("order_lines", f" where not {is_return}"))
        if origins[table].parts
    ]
    versions = {
        table: f"select {_key(table)} as key, _delivery_id from {as_loaded(client, table)}"
        + (f" where not {_IS_PART}" if origins[table].parts else "")
        for table in (*NATURAL_KEYS, *OF_AN_ORDER)
        if len(origins[table].own) > 1
    }
    if len({*origins["orders"].parts, *origins["order_lines"].parts}) > 1:
        versions["orders"] = " union all ".join(orders)
    if len(origins["order_lines"].parts) > 1:
        versions["order_lines"] = (
            f"select {returned} as key, _delivery_id from {as_loaded(client, 'order_lines')} where {is_return}"
        )
    return {
        kind: f"""
            with versions as ({query})

            select key, _delivery_id
            from (
                select distinct key, _delivery_id
                from versions
                where key in (select key from versions group by key having count(*) > 1)
            )
            inner join raw.load_ledger on _delivery_id = delivery_id
            qualify row_number() over (
                partition by key order by logical_date desc, file_order desc nulls last, delivery_id desc
            ) > 1
        """
        for kind, query in versions.items()
    }


def _found(con: duckdb.DuckDBPyConnection, superseded: Mapping[str, str]) -> Mapping[str, str]:
    """Find now what SQL by kind of record says, and keep it: SQL for what is kept, of the kinds that have any."""
    nothing = "select null::varchar as kind, null::varchar as key, null::varchar as _delivery_id where false"
    rows = [f"select {literal(kind)}, * from ({query})" for kind, query in superseded.items()]
    con.execute(f"create table delivered.found_superseded as {' union all '.join([nothing, *rows])}")
    kinds = con.execute("select distinct kind from delivered.found_superseded order by all").fetchall()
    return {
        kind: f"select key, _delivery_id from delivered.found_superseded where kind = {literal(kind)}"
        for (kind,) in kinds
    }


def _returned_lines(client: Client) -> tuple[str, str]:
    """SQL for whether a line is returned, and for its key: those of an order on a day are one version."""
    day = local_day("order_at", client.time_zone)
    return f"({line_type(line_rules(client))} = 'return')", f"concat_ws(chr(31), order_id, {day})"


def _show_versions(con: duckdb.DuckDBPyConnection, client: Client, table: str, joined: str) -> None:
    """``raw.<table>``: the delivered rows, with what they have from other rows."""
    source, values = f"delivered.{table}{joined}", {"is_current": "superseded.key is null as is_current"}
    if table == "order_items" and "order_items" in client.sources:
        values["order_date"] = "orders.order_date as order_date"
        source += """
            left join (select order_id, order_date from raw.orders where is_current) as orders
                on delivered.order_id = orders.order_id
        """
    columns = ", ".join(values.get(name, f"delivered.{name}") for name in shown_columns()[table])
    con.execute(f"create or replace view raw.{table} as select {columns} from {source}")


def _joined_superseded(client: Client, table: str, origins: Origins, superseded: Mapping[str, str]) -> str:
    """SQL after the name of a table: called `delivered`, joined with the versions of it that a newer one replaces."""
    kind, key = _kind_and_key(table, origins)
    if table == "order_lines":
        is_return, returned = _returned_lines(client)
        kind = f"case when {is_return} then 'order_lines' else {kind} end"
        key = f"case when {is_return} then {returned} else {key} end"
    kinds = {table} | ({"orders"} if origins.parts else set())
    replaced = " union all ".join(
        f"select {literal(one)} as kind, * from ({superseded[one]})" for one in sorted(kinds & superseded.keys())
    )
    if not replaced:
        return " as delivered cross join (select null::varchar as key) as superseded"
    return f""" as delivered
        left join ({replaced}) as superseded
            on superseded.kind = {kind} and superseded.key = {key}
            and superseded._delivery_id = delivered._delivery_id
    """


def _kind_and_key(table: str, origins: Origins) -> tuple[str, str]:
    """SQL for the kind of record that a row is a version of, and its key; most tables have rows of one kind."""
    if not origins.parts:
        return literal(table), _key(table)
    if not origins.own:
        return "'orders'", "order_id"
    is_part = _IS_PART.replace("_delivery_id", "delivered._delivery_id")
    return (
        f"case when {is_part} then 'orders' else {literal(table)} end",
        f"case when {is_part} then order_id else {_key(table)} end",
    )


def _key(table: str) -> str:
    """SQL for what a row is a version of, as one text; what a file has of one order is one version."""
    columns = ("order_id",) if table == "order_items" else NATURAL_KEYS.get(table, ("order_id",))
    return columns[0] if len(columns) == 1 else f"concat_ws(chr(31), {', '.join(columns)})"
