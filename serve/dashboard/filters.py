"""What the reader has chosen: days, countries, categories, channels. The choice lives in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

import streamlit as st

from serve.dashboard.page_data import Published
from serve.wording import day

Grain = Literal["day", "week", "month"]
Split = Literal["country", "category", "channel"]
PERIODS = ("28 days", "90 days", "12 months", "all", "custom")
DAYS = {"28 days": 28, "90 days": 90}
# Of a shop that has subscriptions alone, by those.
SPAN = """
select
    coalesce(min(calendar_date), (select min(month_start_date) from marts.mart_subscriptions)) as first,
    coalesce(max(calendar_date), (select max(measured_date) from marts.mart_subscriptions)) as last
from marts.mart_daily_sales
"""
OPTIONS = {
    "country": "select distinct country as value from marts.mart_sales_mix order by 1",
    "category": "select distinct category as value from marts.mart_category_sales_monthly order by 1",
    "channel": "select distinct channel as value from marts.mart_channel_sales order by 1",
}


@dataclass(frozen=True)
class Filters:
    """A choice: ``first`` and ``last`` are the days with data, ``start`` to ``end`` those chosen, all included.

    An empty tuple means everything.
    """

    first: date
    last: date
    start: date
    end: date
    country: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()

    @property
    def splits(self) -> tuple[Split, ...]:
        """What is filtered beside the days."""
        names: tuple[Split, ...] = ("country", "category", "channel")
        return tuple(name for name in names if getattr(self, name))

    @property
    def days(self) -> int:
        """How many days are chosen."""
        return (self.end - self.start).days + 1

    @property
    def grain(self) -> Grain:
        """What a point in time of a chart is, so that there are some dozens of them."""
        return "day" if self.days <= 62 else "week" if self.days <= 186 else "month"

    def previous(self) -> Filters | None:
        """The same choice over as many days right before; None when the data does not reach back that far."""
        start = self.start - timedelta(days=self.days)
        return None if start < self.first else replace(self, start=start, end=self.start - timedelta(days=1))

    def where(self, day_column: str | None, *splits: Split, prefix: str = "") -> tuple[str, list[Any]]:
        """The choice as a condition and its parameters; ``splits`` are the columns that the table has."""
        conditions, parameters = ["true"], list[Any]()
        if day_column:
            conditions.append(f"{day_column} between ? and ?")
            parameters += [self.start, self.end]
        for split in splits:
            chosen: tuple[str, ...] = getattr(self, split)
            if chosen:
                conditions.append(f"{prefix}{split} in ({', '.join('?' * len(chosen))})")
                parameters += chosen
        return " and ".join(conditions), parameters

    def months(self, column: str = "month_start_date") -> tuple[str, list[Any]]:
        """The months that the chosen days touch, whole, as a condition."""
        return f"{column} between ? and ?", [self.start.replace(day=1), self.end]

    def text(self) -> str:
        """The days in words."""
        return f"{day(self.start)} to {day(self.end)}"


def period(name: str, first: date, last: date) -> tuple[date, date]:
    """First and last day of a period that ends with the data, kept within it; days of one's own begin as a year."""
    if name in ("12 months", "custom"):
        # The 29 February of a leap year has no day a year before.
        year_before = last.replace(year=last.year - 1, day=min(last.day, 28) if last.month == 2 else last.day)
        return max(first, year_before + timedelta(days=1)), last
    return (max(first, last - timedelta(days=DAYS[name] - 1)) if name in DAYS else first), last


def choose(published: Published) -> Filters | None:
    """Draw the filters in the sidebar; None when there is no day with data to choose from."""
    span = published.row(SPAN)
    if span["first"] is None:
        return None
    first, last = span["first"], max(span["last"], published.version.data_through)
    with st.sidebar:
        st.subheader("Filters")
        name = st.selectbox(
            "Period", PERIODS, index=PERIODS.index("12 months"), key="period", bind="query-params",
            help="Ends with the last day of the data. Changes are against as many days before.",
        )  # fmt: skip
        start, end = period(name or "12 months", first, last)
        if name == "custom":
            start, end = sorted(
                (_day("First day", "start", start, first, last), _day("Last day", "end", end, first, last))
            )
        chosen = {
            split: tuple(
                st.multiselect(
                    split.capitalize(),
                    [row["value"] for row in published.rows(query)],
                    key=split,
                    bind="query-params",
                    placeholder="All",
                )
            )
            for split, query in OPTIONS.items()
        }
    return Filters(first, last, start, end, **chosen)


def _day(label: str, key: str, value: date, first: date, last: date) -> date:
    """One day of one's own. Two inputs, because the address would lose the second of two equal days in one."""
    return st.date_input(
        label, value, min_value=first, max_value=last, key=key, bind="query-params", format="YYYY-MM-DD"
    )
