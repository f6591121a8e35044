"""Weeks and fiscal years as a shop counts them, found by going through the days and months one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.dbt.shops import DAYS, Shop


@dataclass(frozen=True)
class Calendar:
    """What a shop's weeks and years begin with."""

    weekday: str
    first_month: int

    def week_start(self, day: date) -> date:
        """The last such day on or before this one."""
        while day.strftime("%A").lower() != self.weekday:
            day -= timedelta(days=1)
        return day

    def fiscal(self, day: date) -> dict[str, int]:
        """The year that its last month lies in, and the quarter."""
        months = [(self.first_month - 1 + number) % 12 + 1 for number in range(12)]
        year, month = day.year, day.month
        while month != months[-1]:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return {"fiscal_year": year, "fiscal_quarter": months.index(day.month) // 3 + 1}

    def days(self, shop: Shop, sales: Iterable[date]) -> list[date]:
        """Those of whole years that have data or plans, until a year after whose fiscal year none of them lies."""
        named = [*sales, *(row[day] for table, day in DAYS.items() for row in shop.current(table))]
        named += [row["target_month"] for row in shop.current("targets")]
        named += [row["annotated_date"] for row in shop.current("annotations")]
        today = shop.client[0]["business_date"]
        if shop.current("subscriptions"):
            named.append(today)
        ends = [row["ended_date"] for row in shop.current("subscriptions") if row["ended_date"]]
        named += [end for end in ends if (end.year, end.month, end.day) < (today.year + 20, today.month, today.day)]
        day, last = date(min(named).year, 1, 1), self.fiscal(max(named))["fiscal_year"]
        days = []
        while day.year <= last:
            days.append(day)
            day += timedelta(days=1)
        return days
