"""Weeks and fiscal years as a shop counts them, found by going through the days and months one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


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
