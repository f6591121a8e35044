"""Raw as Spark sees it: the files that count, as tables of ``delivered``, and what models and tests read of ``raw``."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from contracts.paths import ClientPaths
from contracts.sql_text import literal
from load.look_ups import AS_LOADED
from load.raw_tables import current
from load.raw_views import TABLES, counted_deliveries, stored_columns

# What dbt's sources have of raw.
RAW = (
    *("client", "load_ledger", "customers", "products", "current_orders", "order_totals", "transactions", "payments"),
    *("shipping_costs", "current_balance_transactions", "current_refunds"),
    *("ad_spend", "inventory", "events", "subscriptions", "weather"),
)
NESTED = ("[", "MAP", "STRUCT")  # no model reads such a column
SPARK_TYPES = {"varchar": "string", "timestamp": "timestamp_ntz", "integer": "int", "hugeint": "decimal(38, 0)"}


def show_on_spark(paths: ClientPaths, run: Callable[[str], object]) -> None:
    """Have Spark, whose statements ``run`` executes, see raw as it is now; nothing where it does already.

    The files stay where they are, so that an erasure reaches them: a folder of links says which of them count.
    """
    with duckdb.connect(str(paths.warehouse), read_only=True) as con:
        counted = counted_deliveries(con)
        parts = current(paths).parts()
        files = {table: [part.file for part in parts.get(table, ()) if part.delivery_id in counted] for table in TABLES}
        folder = paths.spark / "raw" / _state(con, files)
        if not folder.exists():
            shutil.rmtree(folder.parent, ignore_errors=True)
            unfinished = folder.with_name("unfinished")
            unfinished.mkdir(parents=True)
            unfinished.parent.chmod(0o700)  # raw.client has the key of the pseudonyms
            views = "select view_name from duckdb_views() where schema_name = 'delivered'"
            names = {name for (name,) in con.execute(views).fetchall()}
            for table, found in files.items():
                if f"{table}{AS_LOADED}" in names:  # with values of other sources, which no file has
                    _write(con, unfinished / "delivered" / table, f"from delivered.{table}")
                else:
                    _link(unfinished / "delivered" / table, found)
            for table in RAW:
                _write(con, unfinished / "raw" / table, f"from raw.{table}")
            unfinished.rename(folder)
        for schema in ("delivered", "raw"):
            run(f"create schema if not exists {schema}")
        for table in TABLES:
            _show(run, f"delivered.{table}", dict(stored_columns(table)), folder / "delivered" / table)
        for table in RAW:
            columns = {name: kind for name, kind, *_ in con.execute(f"describe raw.{table}").fetchall()}
            _show(run, f"raw.{table}", columns, folder / "raw" / table)


def _state(con: duckdb.DuckDBPyConnection, files: dict[str, list[Path]]) -> str:
    """The same text as long as raw and the client are."""
    known = [con.execute("from raw.client").fetchall(), con.execute("from raw.load_ledger").fetchall()]
    return hashlib.sha256(repr([known, sorted(files.items())]).encode()).hexdigest()[:16]


def _link(folder: Path, files: list[Path]) -> None:
    folder.mkdir(parents=True)
    for file in files:
        (folder / file.name).symlink_to(file.resolve())


def _write(con: duckdb.DuckDBPyConnection, folder: Path, query: str) -> None:
    folder.mkdir(parents=True)
    con.execute(f"copy ({query}) to {literal(str(folder / 'rows.parquet'))} (format parquet)")


def _show(run: Callable[[str], object], table: str, columns: dict[str, str], folder: Path) -> None:
    types = ", ".join(
        f"`{name}` {SPARK_TYPES.get(kind.lower(), kind)}"
        for name, kind in columns.items()
        if not any(word in kind for word in NESTED)
    )
    run(f"drop table if exists {table}")
    run(f"create table {table} ({types}) using parquet location {literal(folder.resolve().as_uri())}")
