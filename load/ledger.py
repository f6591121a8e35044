"""The books of loading: which deliveries are still to load, what became of each, and what went to quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from contracts.datasets import DATASETS
from contracts.deliveries import Manifest
from contracts.sql_text import literal
from load.dated_datasets import MONEY
from load.errors import LoadError
from load.file_order import file_order
from load.landed import Landed
from load.look_up_keys import KEYS, PREFIX
from load.validation import DeliveryContext, records_at

SHOWN = 5
_DELIVERED_AMOUNT = {
    "order_lines": "select sum(try(quantity * unit_price)) from typed",
    "order_items": "select sum(try(quantity * unit_price)) from typed",
    "payments": "select sum(amount) from typed",
    **{name: f"select sum({amount}) from typed" for name, amount in MONEY.items()},
}
_SOLD = "coalesce((select sum(quantity * unit_price) from new_order_items), 0)"
_LOADED_AMOUNT = {
    "order_lines": "select sum(quantity * unit_price) from new_order_lines",
    "order_items": f"select {_SOLD}",
    "payments": "select sum(amount) from new_payments",
    **{name: f"select sum({amount}) from new_{name}" for name, amount in MONEY.items()},
}


@dataclass(frozen=True)
class Counts:
    """Rows of one delivery, and their gross amount: what is sold, paid or refunded, before any discount.

    A row in quarantine counts in ``amount_landed`` as far as its quantity and price could be read and multiplied.
    """

    in_file: int
    """Records of the file, of which the landed rows were made."""
    landed: int
    loaded: int
    left_out: int
    quarantined: int
    duplicate: int
    amount_landed: Decimal
    amount_loaded: Decimal
    reasons: tuple[str, ...]
    left_out_lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Loading:
    """One delivery on its way into raw: which run loads it, and when."""

    delivery: DeliveryContext
    run_id: str
    loaded_at: datetime

    @property
    def source_file(self) -> str:
        """Where the delivered file lies below landing."""
        return f"{self.delivery.manifest.delivery_id}/{self.delivery.manifest.file}"

    def rows_of(self, table: str) -> str:
        """SQL for the rows that arranging made for a raw table, with where they come from."""
        manifest = self.delivery.manifest
        is_described = table in ("customers", "products")
        keys = "".join(f"keys.{PREFIX}{name}, " for name in self.looks_up)
        valid_from = f"date '{manifest.logical_date}' as valid_from," if is_described else ""
        return f"""
            select
                rows.*, {keys} {valid_from}
                {literal(manifest.delivery_id)} as _delivery_id, {literal(self.source_file)} as _source_file,
                timestamp '{self.loaded_at}' as _loaded_at, {literal(self.run_id)} as _run_id
            from new_{table} as rows
            {f"left join {KEYS} as keys on keys.line = rows._line" if keys else ""}
        """

    @property
    def looks_up(self) -> tuple[str, ...]:
        """The columns that another source has."""
        return (*self.delivery.source.look_ups,) if self.delivery.source else ()


def pending(con: duckdb.DuckDBPyConnection, landed: Iterable[Manifest]) -> list[Manifest]:
    """The newest attempts that the ledger does not have, in the order in which their tables refer to each other.

    Raises LoadError when landing and ledger disagree about a delivery, as after landing was made again.
    """
    lines = con.execute("select delivery_id, sha256 from raw.load_ledger where not is_replaced").fetchall()
    loaded = {delivery_id.rpartition("/")[0]: (delivery_id, sha256) for delivery_id, sha256 in lines}
    newest = {f"{one.dataset}/{one.key}": one for one in sorted(landed, key=lambda manifest: manifest.attempt)}
    todo = []
    for place, manifest in newest.items():
        delivery_id, sha256 = loaded.get(place, (None, None))
        if delivery_id is None or delivery_id < manifest.delivery_id:
            todo.append(manifest)
        elif (delivery_id, sha256) != (manifest.delivery_id, manifest.sha256):
            raise LoadError(
                f"Landing has {manifest.delivery_id} (SHA-256 {manifest.sha256[:12]}) as the newest of its key, but "
                f"raw has loaded {delivery_id} (SHA-256 {sha256[:12]}): landing was made again. "
                "python load_to_db.py --full-refresh rebuilds raw from it."
            )
    return sorted(todo, key=lambda one: ([*DATASETS].index(one.dataset), one.logical_date, one.key))


def count(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, read: Landed) -> Counts:
    """Count what staging and arranging made of a delivery.

    Raises LoadError when a record is neither loaded nor rejected nor a repeat.
    """
    landed, loaded, left_out, quarantined, duplicate = _row(
        con,
        f"select (select count(*) from landed), (select count(*) from new_{delivery.dataset}), "
        "(select count(*) from left_out), (select count(*) from rejected), (select count(*) from repeated)",
    )
    if landed != loaded + left_out + quarantined + duplicate:
        raise LoadError(
            f"{delivery.path} has {landed:,} records, but {loaded:,} to load, {left_out:,} left out, {quarantined:,} "
            f"for quarantine and {duplicate:,} repeats; expected them to add up. This is a fault of the program, "
            "please report it."
        )
    (in_file,) = _row(con, f"select {read.records_in_file} from landed") if read.records_in_file else (landed,)
    nested = "select sum(try(quantity * unit_price)) from typed_items", f"select {_SOLD}"
    delivered = nested[0] if delivery.is_nested else _DELIVERED_AMOUNT.get(delivery.dataset, "select 0")
    kept = nested[1] if delivery.is_nested else _LOADED_AMOUNT.get(delivery.dataset, "select 0")
    (amount_landed,) = _row(con, delivered)
    (amount_loaded,) = _row(con, kept)
    reasons = con.execute("select line, reason from rejected order by line limit 3").fetchall() if quarantined else []
    lines = con.execute("select line from left_out order by line limit 3").fetchall() if left_out else []
    return Counts(
        in_file,
        landed,
        loaded,
        left_out,
        quarantined,
        duplicate,
        Decimal(amount_landed or 0),
        Decimal(amount_loaded or 0),
        tuple(f"line {line}: {reason}" for line, reason in reasons),
        tuple(line for (line,) in lines),
    )


def _row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = con.execute(query).fetchone()
    if row is None:
        raise LoadError(f"No answer to {query!r}; expected one row. This is a fault of the program, please report it.")
    return tuple(row)


def check_ceiling(delivery: DeliveryContext, counts: Counts) -> None:
    """Raise LoadError when more of a delivery is bad than the client file allows.

    A batch of messages or changes counts as a full one: how few are in it is chance.
    """
    ceiling = delivery.client.ceilings.quarantined_share
    if counts.quarantined and not counts.loaded and delivery.source and not delivery.batch_size:
        raise LoadError(
            f"{delivery.path}: not one of its {counts.landed - counts.left_out:,} rows can be loaded, so that it is "
            f"read wrongly. First reasons: {'; '.join(counts.reasons)}. Nothing of this delivery was loaded. Correct "
            "the mapping in the client file, or fix the source and extract again."
        )
    whole = max(counts.landed, delivery.batch_size)
    if whole and Decimal(counts.quarantined) / whole > ceiling:
        raise LoadError(
            f"{delivery.path}: {counts.quarantined:,} of {whole:,} rows are bad "
            f"({Decimal(counts.quarantined) / whole:.2%}); the ceiling is {ceiling:.2%}. First reasons: "
            f"{'; '.join(counts.reasons)}. Nothing of this delivery was loaded. Fix the source and extract again, "
            "correct the mapping in the client file, or raise ceilings.quarantined_share there."
        )


def check_repeats(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Raise LoadError for equal rows that nothing tells apart, unless the client file says what they mean."""
    if delivery.source is None or delivery.source.repeated_rows or delivery.key:
        return
    repeats = "typed where fault is null and line in (select line from repeated)"
    lines = con.execute(
        "select line, counted_line from typed inner join repeated using (line) where fault is null order by line"
    ).fetchall()
    if not lines:
        return
    (amount,) = _row(con, _DELIVERED_AMOUNT.get(delivery.dataset, "select null from typed").replace("typed", repeats))
    worth = "" if amount is None else f", worth {amount:,.2f} {delivery.client.currency}"
    named = ", ".join(f"{line} and {same}" for line, same in lines[:SHOWN]) + (" ..." if len(lines) > SHOWN else "")
    raise LoadError(
        f"{delivery.path}: {len(lines):,} of its rows{worth}, {'comes' if len(lines) == 1 else 'come'} again further "
        f"down (lines {named}), and nothing numbers them: each may be a record of its own or delivered twice. "
        f"Nothing of this delivery was loaded. Say for sources.{delivery.dataset} of the client file repeated_rows: "
        "keep, and each counts, or repeated_rows: drop, and equal rows count once."
    )


def record(
    con: duckdb.DuckDBPyConnection, loading: Loading, landed: Landed, counts: Counts, started_at: datetime
) -> None:
    """Add a delivery to ``ledger_lines``, which has the ledger with what this load is about to add."""
    manifest = loading.delivery.manifest
    con.execute(
        """
        insert into ledger_lines by name
        select
            $delivery_id as delivery_id, $dataset as dataset, cast($logical_date as date) as logical_date,
            $sha256 as sha256, $origin as origin, $file_order as file_order,
            $in_file as records_in_file, $landed as rows_landed, $loaded as rows_loaded, $left_out as rows_left_out,
            $quarantined as rows_quarantined, $duplicate as rows_duplicate, $amount_landed as amount_landed,
            $amount_loaded as amount_loaded, $run_id as run_id, false as is_replaced,
            cast($started_at as timestamp) as started_at, cast($finished_at as timestamp) as finished_at,
            case when len($names) > 0 then map(cast($names as varchar[]), cast($types as varchar[])) end as file_columns
        """,
        {
            "delivery_id": manifest.delivery_id,
            "dataset": manifest.dataset,
            "logical_date": manifest.logical_date,
            "sha256": manifest.sha256,
            "origin": manifest.origin,
            "file_order": file_order(loading.delivery),
            "in_file": counts.in_file,
            "landed": counts.landed,
            "loaded": counts.loaded,
            "left_out": counts.left_out,
            "quarantined": counts.quarantined,
            "duplicate": counts.duplicate,
            "amount_landed": counts.amount_landed,
            "amount_loaded": counts.amount_loaded,
            "run_id": loading.run_id,
            "started_at": started_at,
            "finished_at": loading.loaded_at,
            "names": [*landed.columns],
            "types": [*landed.columns.values()],
        },
    )


def keep_warnings(con: duckdb.DuckDBPyConnection, manifest: Manifest, warnings: Sequence[str]) -> None:
    """Add what a person should know of a recorded delivery to its line."""
    if warnings:
        con.execute(
            "update ledger_lines set warnings = list_concat(coalesce(warnings, []), ?) where delivery_id = ?",
            [[*warnings], manifest.delivery_id],
        )


def quarantined_rows(con: duckdb.DuckDBPyConnection, loading: Loading, landed: Landed) -> str:
    """SQL for the rejected records of a delivery as they were delivered; their texts are in ``texts``."""
    delivery = loading.delivery
    texts = records_at(con, delivery, landed, {line for (line,) in con.execute("select line from rejected").fetchall()})
    con.register("texts", pa.table({"line": [*texts], "raw_text": [*texts.values()]}))
    return f"""
        select
            {literal(delivery.manifest.delivery_id)} as delivery_id, {literal(delivery.dataset)} as dataset,
            {literal(loading.source_file)} as source_file, rejected.line, texts.raw_text, rejected.reason,
            {literal(loading.run_id)} as run_id, timestamp '{loading.loaded_at}' as quarantined_at
        from rejected
        inner join texts on rejected.line = texts.line
    """
