"""Which deliveries are due: whole months, then single days, and whatever was made with other parameters."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True)
class Span:
    """The days of one delivery, both included; its key is the month or the day."""

    key: str
    first: date
    last: date

    @classmethod
    def of(cls, key: str) -> Span:
        """The span of a key: ``2026-10`` or ``2026-10-31``."""
        if len(key) == len("2026-10-31"):
            day = date.fromisoformat(key)
            return cls(key, day, day)
        first = date.fromisoformat(f"{key}-01")
        return cls(key, first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))

    def covers(self, day: date) -> bool:
        """Whether the day is one of the span's."""
        return self.first <= day <= self.last

    def days(self) -> Iterator[date]:
        """Each day of the span."""
        return (self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1))


def due_spans(
    landed: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, Any], start: date, business_date: date
) -> list[Span]:
    """The deliveries of events to make so that everything from ``start`` to ``business_date`` is landed.

    ``landed`` has the parameters of each landed key. A month that is over and of which nothing is landed is one
    delivery; the days of any other month are one each. Those made with other parameters are made again, wherever
    they lie, and so is the one that covers the business date.
    """
    spans = {key: Span.of(key) for key in landed}
    again = [span for key, span in spans.items() if landed[key] != parameters or span.covers(business_date)]
    return sorted([*again, *_missing(spans, start, business_date)], key=lambda span: span.first)


def due_snapshots(
    landed: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, Any], business_date: date
) -> list[Span]:
    """The snapshots to make: the business date's, and those made with other parameters."""
    outdated = {key for key in landed if landed[key] != parameters}
    return [Span.of(key) for key in sorted(outdated | {business_date.isoformat()})]


def _missing(spans: Mapping[str, Span], start: date, business_date: date) -> Iterator[Span]:
    month = Span.of(f"{start:%Y-%m}")
    while month.first <= business_date:
        if month.key not in spans:
            days = [Span.of(day.isoformat()) for day in month.days() if start <= day <= business_date]
            if month.last <= business_date and not any(day.key in spans for day in days):
                yield month
            else:
                yield from (day for day in days if day.key not in spans)
        month = Span.of(f"{month.last + timedelta(days=1):%Y-%m}")
