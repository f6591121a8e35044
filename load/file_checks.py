"""What must hold between a landed file and raw; each check yields what it finds wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from contracts.sql_text import literal
from load.checks import Finding
from load.columns import local_day
from load.dated_datasets import DATED, MONEY, OF_AN_ORDER
from load.look_ups import as_loaded
from load.recount import sum_landed_days
from load.validation import DeliveryContext

_SHOWN = 5  # differing days that are named one by one


def check_file_rows(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> Iterator[Finding]:
    """The landed file has as many records as its manifest and the ledger say."""
    manifest = delivery.manifest
    counted = delivery.data_file.count()
    ((in_file, rows),) = con.execute(
        "select records_in_file, rows_landed from raw.load_ledger where delivery_id = ?", [manifest.delivery_id]
    ).fetchall()
    has_shape = delivery.source is not None and delivery.source.has_shape
    if counted != manifest.rows:
        yield Finding("landing", f"records in {delivery.path}", f"{manifest.rows:,} by its manifest", f"{counted:,}")
    for what, landed in (("records in the file", in_file), *(() if has_shape else (("rows landed", rows),))):
        if counted != landed:
            named = f"{what} of {manifest.delivery_id}"
            yield Finding("raw.load_ledger", named, f"{counted:,} by the file", f"{landed:,}")


def check_file_money(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, folder: Path) -> Iterator[Finding]:
    """What the landed file sold, refunded and was paid on each day is in raw on that day, quarantine left out."""
    if not sum_landed_days(con, delivery, folder):
        return
    days = con.execute(
        f"""
        select measure, day, sum(landed) as landed, sum(loaded) as loaded
        from (
            select measure, day, amount as landed, 0 as loaded from landed_days
            union all
            select measure, day, 0 as landed, amount as loaded from ({_raw_days(delivery)})
        )
        group by measure, day
        having coalesce(sum(landed), 0) <> coalesce(sum(loaded), 0)
        order by measure, day
        """
    ).fetchall()
    for measure, day, landed, loaded in days[:_SHOWN]:
        what = f"{measure} of {delivery.manifest.delivery_id} on {day or 'days that the file does not say'}"
        yield Finding("raw", what, f"{landed or 0:,.4f} by the file", f"{loaded or 0:,.4f}")
    if len(days) > _SHOWN:
        what = f"money of {delivery.manifest.delivery_id} on {len(days) - _SHOWN:,} more days"
        yield Finding("raw", what, "the same as in the file", "another")


def _raw_days(delivery: DeliveryContext) -> str:
    """SQL for the money per day of one delivery in raw, in the measures of ``landed_days``."""
    own = f"_delivery_id = {literal(delivery.manifest.delivery_id)}"
    gross = "select 'gross' as measure,"
    if one := {**DATED, **OF_AN_ORDER}.get(delivery.dataset):
        amount = MONEY[delivery.dataset]
        table = as_loaded(delivery.client, delivery.dataset)
        day = one.day or "cast(null as date)"
        return f"{gross} {day} as day, {amount} as amount from {table} where {own}"
    items, lines = (as_loaded(delivery.client, name) for name in ("order_items", "order_lines"))
    sold = f"{gross} order_date as day, quantity * unit_price as amount from {items} where {own}"
    line_day = local_day("order_at", delivery.client.time_zone)
    lines_day = line_day if delivery.has_order_each_day else f"min({line_day}) over (partition by order_id)"
    paid_day = local_day("paid_at", delivery.client.time_zone)
    return {
        "orders": f"{sold} union all select 'paid', order_date, amount from raw.payments "
        f"inner join raw.orders using (order_id, _delivery_id) where {own}",
        "order_lines": f"{gross} {lines_day} as day, quantity * unit_price as amount from {lines} where {own}",
        "order_items": sold.replace("order_date as day", "cast(null as date) as day"),
        "payments": f"select 'paid' as measure, {paid_day} as day, amount from raw.payments where {own}",
    }[delivery.dataset]
