"""Whether data comes as it used to: how old the newest is, and how much came; each check yields what it finds wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb

from contracts.client_file import Client
from load.checks import Finding
from load.columns import local_day
from load.dated_datasets import DATED

LOOK_BACK = 28  # days, or snapshots: four of each day of the week
ENOUGH = 7  # of them to say what is usual


def check_age(con: duckdb.DuckDBPyConnection, client: Client, business_date: date) -> Iterator[Finding]:
    """The newest data of a source is no older on the business date than the client allows."""
    for dataset, allowed in client.ceilings.age_days.items():
        table, day = _days(dataset, client.time_zone)
        what = "newest day" if day else "newest delivery"
        newest = con.execute(
            f"select max({day}) from raw.{table} where is_current"
            if day
            else f"select max(logical_date) from raw.load_ledger where not is_replaced and dataset = '{dataset}'"
        ).fetchall()[0][0]
        if newest is None or (business_date - newest).days > allowed:
            age = f"{newest}, {(business_date - newest).days:,} days old" if newest else "none"
            expected = f"at most {allowed} days before {business_date} (age_days)"
            yield Finding(f"raw.{table}", what, expected, age)


def check_volume(con: duckdb.DuckDBPyConnection, client: Client, business_date: date) -> Iterator[Finding]:
    """A source has about as many rows as usual: of the business date, or in its newest snapshot.

    Usual is the median of the 28 days or snapshots before, days without a row included. With fewer than seven, or when
    there is usually nothing, there is nothing to compare with.
    """
    for dataset, factor in client.ceilings.volume_factor.items():
        table, day = _days(dataset, client.time_zone)
        counts = _per_day(table, day, business_date) if day else _per_snapshot(dataset)
        found, usual, known = con.execute(
            f"""
            select
                max(row_count) filter (where age = 0),
                median(row_count) filter (where age between 1 and {LOOK_BACK}),
                count(*) filter (where age between 1 and {LOOK_BACK})
            from ({counts})
            """
        ).fetchall()[0]
        if known < ENOUGH or not usual or found is None:
            continue
        low, high = Decimal(usual) / factor, Decimal(usual) * factor
        if not low <= found <= high:
            what = f"rows of {business_date}" if day else "rows of the newest snapshot"
            expected = f"{low:,.1f} to {high:,.1f}, as the median before is {usual:,.1f} (volume_factor {factor})"
            yield Finding(f"raw.{table}", what, expected, f"{found:,}")


def _days(dataset: str, time_zone: str) -> tuple[str, str | None]:
    """The raw table of a dataset, and SQL for the day of its rows; None where it says how things are."""
    if dataset in ("orders", "order_items"):
        return dataset, "order_date"
    if dataset == "order_lines":
        return "current_lines", "order_date"
    if dataset == "payments":
        return dataset, local_day("paid_at", time_zone)
    if dataset in DATED and not DATED[dataset].is_planned:
        return dataset, DATED[dataset].day
    return dataset, None


def _per_day(table: str, day: str, business_date: date) -> str:
    return f"""
        with days as (
            select {day} as day, count(*) as row_count from raw.{table} where is_current group by all
        )

        select date_diff('day', day, date '{business_date}') as age, coalesce(row_count, 0) as row_count
        from (
            select cast(unnest(generate_series(min(day), date '{business_date}', interval 1 day)) as date) as day
            from days
        )
        left join days using (day)
    """


def _per_snapshot(dataset: str) -> str:
    return f"""
        select
            row_number() over (order by logical_date desc, file_order desc nulls last, delivery_id desc) - 1 as age,
            rows_landed as row_count
        from raw.load_ledger
        where not is_replaced and dataset = '{dataset}'
    """
