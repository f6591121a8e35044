"""A file that was written again: whether it still covers the days that it had, as what it holds is not said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.datasets import DATASETS
from contracts.deliveries import Manifest
from contracts.sql_text import literal
from load.columns import local_day
from load.errors import LoadError
from load.raw_tables import BOOKS, Part, RawTables
from load.validation import DeliveryContext, read, stage
from storage.landing import attempts, check_file

FLAT = "order_at"  # the moment of a flat file's lines, which have no day of their own


@dataclass(frozen=True)
class Before:
    """What raw had before this load: the delivery that counted of each key, and its files."""

    counted: dict[str, str]
    parts: list[Part]

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, tables: RawTables) -> Before:
        """As the tables have it; nothing where they are damaged, which a rebuild repairs."""
        try:
            parts = tables.parts()
            ledger = [str(part.file) for part in parts.get("load_ledger", ())]
            lines = con.execute("select delivery_id from read_parquet($1) order by 1", [ledger]) if ledger else None
            ids = [name for (name,) in lines.fetchall()] if lines else []
        except (LoadError, duckdb.Error):
            return cls({}, [])
        files = [part for table, of in parts.items() if table not in BOOKS for part in of]
        return cls({name.rpartition("/")[0]: name for name in ids}, files)


def hold_before(
    con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, before: Before, landing: Path, spill: Path
) -> bool:
    """Make the temporary table ``held``: the days, or orders, that the file had when it last counted.

    False where the file may leave some out: its contents are said, it is a snapshot, a repair or new.
    """
    manifest, source = delivery.manifest, delivery.source
    is_said = source is None or source.contents is not None or DATASETS[delivery.dataset].is_snapshot
    is_first = manifest.attempt == 1 or "path" not in manifest.parameters
    covered = _covered(delivery)
    if is_said or is_first or manifest.repaired_from or covered is None:
        return False
    counted = before.counted.get(f"{manifest.dataset}/{manifest.key}")
    if counted is None:
        rows = "typed" if _staged_before(con, delivery, landing, spill) else None
    else:
        files = [
            str(part.file) for part in before.parts if part.table == delivery.dataset and part.delivery_id == counted
        ]
        is_known = files and counted < manifest.delivery_id
        rows = f"read_parquet([{', '.join(map(literal, files))}])" if is_known else None
    if rows is None:
        return False
    con.execute(
        f"create or replace temp table held as select distinct cast({covered.value} as varchar) as value from {rows}"
    )
    return True


def check_held(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Raise LoadError when ``typed`` lacks a day, or an order, of ``held``."""
    covered = _covered(delivery)
    if covered is None:
        return
    found = f"select cast({covered.value} as varchar) as value from typed"
    lacking = (
        f"from held where value is not null and value not in (select value from ({found}) where value is not null)"
    )
    ((missing, example),) = con.execute(f"select count(*), min(value) {lacking}").fetchall()
    if not missing:
        return
    lacks = example + (f" and {missing - 1:,} more" if missing > 1 else "")
    if covered.is_day:
        ((first, last, now_first, now_last),) = con.execute(
            f"select min(held.value), max(held.value), (select min(value) from ({found})), "
            f"(select max(value) from ({found})) from held"
        ).fetchall()
        has = f"{now_first} to {now_last}" if now_first else "no day"
        what = f"had rows of {first} to {last} and now has those of {has}, without {lacks}"
    else:
        what = f"had rows of {'1 order' if missing == 1 else f'{missing:,} orders'} that it has no more, {lacks}"
    raise LoadError(
        f"{delivery.manifest.parameters.get('path', delivery.path)} {what}: what it lacks may be gone from the shop, "
        f"or only from the file. Nothing of this delivery was loaded. Say for sources.{delivery.dataset} of the client "
        "file contents: everything, and what the file has no more is gone; or contents: changes, and rows stay until a "
        "newer one with their key comes."
    )


@dataclass(frozen=True)
class _Covered:
    """SQL for what a file covers: days, or orders where its rows have no day of their own."""

    value: str
    is_day: bool


def _covered(delivery: DeliveryContext) -> _Covered | None:
    dataset, source = DATASETS[delivery.dataset], delivery.source
    columns = {column.name for column in dataset.columns}
    given = source.given if source else frozenset(columns)
    moment = next((name for name in (dataset.moment, FLAT, "paid_at") if name in columns and name in given), None)
    if moment is not None:
        return _Covered(local_day(moment, delivery.client.time_zone), is_day=True)
    if dataset.day in columns and dataset.day in given:
        return _Covered(str(dataset.day), is_day=True)
    return _Covered("order_id", is_day=False) if "order_id" in columns and "order_id" in given else None


def _staged_before(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, landing: Path, spill: Path) -> bool:
    """Have ``typed`` be the attempt before, from landing, as raw does not have it; False where it cannot be read."""
    older = _attempt_before(landing, delivery.manifest)
    if older is None:
        return False
    try:
        before = DeliveryContext(delivery.client, older, check_file(landing, older))
        landed = read(con, before, spill)
        return not (*landed.findings, *stage(con, before, landed))
    except LoadError:
        return False


def _attempt_before(landing: Path, manifest: Manifest) -> Manifest | None:
    known = attempts(landing, manifest.dataset, manifest.key)
    return next((one for one in reversed(known) if one.attempt < manifest.attempt), None)
