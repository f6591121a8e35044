"""How much happens on which day, and when a day begins."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import numpy as np

from contracts.demo import Demo
from extract.sources.demo.draws import Draws, Ints

# Whole numbers throughout: exp() and sin() differ in the last bit between machines, and then the figures would too.
WEEKDAYS = (96, 92, 94, 100, 112, 114, 92)  # Monday first
MONTHS = (82, 80, 88, 94, 98, 96, 92, 94, 100, 106, 126, 142)  # at the first of each; between them a straight line
GROWTH_PER_DAY = 3  # of 2,000 on the first day: 55 % more a year later
FOUNDING_DAYS = 365  # customers also signed up in the year before the first order
FOUNDING_SHARE = (3, 17)  # three of them for seventeen later ones


@dataclass(frozen=True)
class Timeline:
    """Days by number, counted from a year before the first order.

    ``items[d]`` and ``customers[d]`` are how many order items and customers there were before day ``d`` began,
    ``starts[d]`` is the UTC second at which it began in the client's time zone. All three have one entry more than
    there are days.
    """

    first: date
    starts: Ints
    items: Ints
    customers: Ints

    @classmethod
    def of(cls, demo: Demo, time_zone: str, last: date) -> Timeline:
        """The days up to ``last``; the totals are met exactly at the end of ``demo.through``, whatever ``last`` is."""
        first = demo.start - timedelta(days=FOUNDING_DAYS)
        days = [first + timedelta(days=day) for day in range((max(last, demo.through) - first).days + 2)]
        zone = ZoneInfo(time_zone)
        # A midnight that the clocks skip counts with the offset before the change: the first moment of that day.
        starts = [int(datetime.combine(day, time(), zone).astimezone(UTC).timestamp()) for day in days]
        noise = Draws(demo.seed).below("day", np.array([day.toordinal() for day in days]), 201)
        through = (demo.through - first).days + 1
        sales = [
            0 if day < demo.start else _traffic(day, demo.start) * (900 + int(jitter)) * (end - begin)
            for day, jitter, begin, end in zip(days, noise, starts, starts[1:], strict=False)
        ]
        few, many = FOUNDING_SHARE
        per_founding_day = few * sum(sales[:through]) // (many * FOUNDING_DAYS) + 1
        signups = [per_founding_day if day < demo.start else sale for day, sale in zip(days, sales, strict=False)]
        return cls(
            first=first,
            starts=np.array(starts, dtype=np.int64),
            items=_apportioned(demo.transactions, sales, through, round_up=False),
            # Rounded up, so that there is a customer before the first order even where only one is asked for.
            customers=_apportioned(demo.customers, signups, through, round_up=True),
        )

    def number(self, day: date) -> int:
        """The number of a day."""
        return (day - self.first).days

    def day(self, number: int) -> date:
        """The day of a number."""
        return self.first + timedelta(days=number)


def _traffic(day: date, start: date) -> int:
    length = calendar.monthrange(day.year, day.month)[1]
    season = MONTHS[day.month - 1] * (length - day.day + 1) + MONTHS[day.month % 12] * (day.day - 1)
    return (2_000 + GROWTH_PER_DAY * (day - start).days) * WEEKDAYS[day.weekday()] * season // length


def _apportioned(total: int, weights: list[int], through: int, *, round_up: bool) -> Ints:
    """Cumulative whole shares of ``total`` that reach it exactly after ``through`` days and go on at the same rate."""
    cumulative = [0, *accumulate(weights)]
    whole = cumulative[through]
    rest = whole - 1 if round_up else 0
    return np.array([(total * weight + rest) // whole for weight in cumulative], dtype=np.int64)
