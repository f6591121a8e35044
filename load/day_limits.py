"""Rows whose day cannot be: after their delivery, or so far from it that it is the zero or the end of some program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb

from contracts.client_file import Client
from contracts.dataset import DAY, Column
from contracts.datasets import DATASETS
from contracts.sql_text import literal

if TYPE_CHECKING:
    from load.validation import DeliveryContext

YEARS = 20  # one order of 1970 gives every table by day a row for each day since, a target of 2206 one until then


def fault_impossible_days(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Set records aside that are dated after the day of their delivery, a plan long after it, or long before it."""
    dataset = DATASETS[delivery.dataset]
    _fault(con, delivery, "typed", dataset.columns, dataset.when, is_planned=dataset.is_planned)
    if delivery.is_nested:
        payments = dataset.nested["payments"]
        _fault(con, delivery, "typed_payments", payments, DATASETS["payments"].when, is_planned=False)


def _fault(
    con: duckdb.DuckDBPyConnection,
    delivery: DeliveryContext,
    table: str,
    columns: Sequence[Column],
    when: str | None,
    *,
    is_planned: bool,
) -> None:
    column = next((column for column in columns if column.name == when), None)
    if column is None:
        return
    name, last, first = column.name, delivery.last_day, first_day(delivery.client, delivery.last_day)
    zone = delivery.client.time_zone
    is_day = column.kind is DAY
    if is_planned:
        last = last.replace(year=last.year + YEARS, day=min(last.day, 28))
    end = f"date '{last + timedelta(days=1)}'" if is_day else f"timestamp '{_utc(last + timedelta(days=1), zone)}'"
    begin = f"date '{first}'" if is_day else f"timestamp '{_utc(first, zone)}'"
    found = f"'{name} is ' || {name} || '{'' if is_day else 'Z'}'"
    read = "read" if delivery.is_stream else "delivered"
    late = literal(f", after {last}, {f'{YEARS} years from ' if is_planned else ''}the day it was {read}")
    early = literal(
        f", before {first}; if the shop goes back that far, say history_from: in the client file, the first day it has"
    )
    is_late = f"{name} >= {end}"
    con.execute(
        f"""
        update {table} set fault = {found} || case when {is_late} then {late} else {early} end
        where fault is null and ({is_late} or {name} < {begin})
        """
    )


def first_day(client: Client, delivered_on: date) -> date:
    """The first day that a row of a delivery may be of."""
    if client.history_from:
        return client.history_from
    return delivered_on.replace(year=delivered_on.year - YEARS, day=min(delivered_on.day, 28))


def _utc(day: date, time_zone: str) -> datetime:
    """When a day of the client begins, in UTC without an offset."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC).replace(tzinfo=None)
