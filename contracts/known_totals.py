"""What the owner of a shop reads in its own reports, and how it compares with what we make of the data."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator, model_validator

from contracts.block import Block

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def _number(value: Any) -> Any:
    """What a report says, as a number: YAML makes `yes` and `on` of nothing that is one."""
    if type(value) is bool:
        raise ValueError("expected a number as the report has it, such as 12345.67")
    return value


def _without_sign(value: Any) -> Any:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value < 0:
        raise ValueError(
            f"expected {-value}, without the minus: some reports show discounts and refunds below 0, we above"
        )
    return value


Count = Annotated[int | None, BeforeValidator(_number), Field(ge=0)]
Units = Annotated[Decimal | None, BeforeValidator(_number), Field(ge=0, max_digits=18, decimal_places=3)]
Amount = Annotated[Decimal | None, BeforeValidator(_number), Field(max_digits=18, decimal_places=2)]
Deduction = Annotated[
    Decimal | None,
    BeforeValidator(_without_sign),
    BeforeValidator(_number),
    Field(ge=0, max_digits=18, decimal_places=2),
]


class KnownTotals(Block):
    """What a report of the shop's own says of a month, or of the days from `start` to `through`."""

    source: str = Field(min_length=1)
    """Where it is read, such as `Shopify, Finances summary`."""
    month: str | None = None
    """The month, as `2026-09`."""
    start: date | None = None
    """Instead of a month the first day."""
    through: date | None = None
    """The last day."""
    order_count: Count = None
    """Orders that count, with goods in them."""
    units_sold: Units = None
    """Units of products sold."""
    gross: Amount = None
    """Goods at their prices, without tax, before discounts."""
    discount: Deduction = None
    """Discounts on goods, without the minus that some reports have."""
    net: Amount = None
    """Gross less discount."""
    returned_units: Units = None
    """Units of products that came back, on the day of the refund."""
    refunds: Deduction = None
    """Goods paid back, without tax and shipping, on the day of the refund; without a minus."""
    net_sales: Amount = None
    """Net less refunds."""
    tax: Amount = None
    """Tax of the orders as they were placed, before refunds."""
    shipping: Amount = None
    """What customers were charged for shipping, without tax, before refunds."""
    fees: Amount = None
    """Fees charged, before refunds."""
    tips: Amount = None
    """Tips, before refunds."""
    duties: Amount = None
    """Import duties charged, before refunds."""
    total: Amount = None
    """Totals of the orders as they were placed: net, tax, shipping and all else that was charged, before refunds."""
    refund_amount: Deduction = None
    """All the money paid back: goods, tax, shipping and other, on the day of the refund; without a minus."""

    @field_validator("month", mode="before")
    @classmethod
    def _is_a_month(cls, value: Any) -> Any:
        if value is not None and not (isinstance(value, str) and MONTH.fullmatch(value)):
            raise ValueError("expected a year and a month, as 2026-09; for other spans say start and through")
        return value

    @model_validator(mode="after")
    def _has_one_span(self) -> KnownTotals:
        if (self.month is None) == (self.start is None) or (self.start is None) != (self.through is None):
            raise ValueError("expected month, or start and through: the days that the figures are of")
        if self.start and self.through and self.start > self.through:
            raise ValueError(f"start {self.start} is after through {self.through}; expected the first and the last day")
        return self

    @model_validator(mode="after")
    def _has_figures(self) -> KnownTotals:
        if not self.figures:
            raise ValueError(f"has no figure; expected one or more of {', '.join(MEASURES)}")
        return self

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last day."""
        if self.start and self.through:
            return self.start, self.through
        year, month = map(int, (self.month or "").split("-"))
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])

    @property
    def figures(self) -> dict[str, Decimal]:
        """What the report says, by the name of the published measure."""
        said = {measure: getattr(self, measure) for measure in MEASURES}
        return {measure: Decimal(value) for measure, value in said.items() if value is not None}


MEASURES = tuple(name for name in KnownTotals.model_fields if name not in {"source", "month", "start", "through"})
COUNTED = ("order_count", "units_sold", "returned_units")


class Outcome(StrEnum):
    """What comes of comparing a figure."""

    EQUAL = "equal"
    ROUNDING = "equal but for rounding"
    DIFFERENT = "different"
    NOT_COMPLETE = "not compared, as not all its days are over"
    NOT_IN_DATA = "not compared, as the data begin later"


@dataclass(frozen=True)
class ComparedTotal:
    """One figure of a report beside ours; ``ours`` and ``difference``, ours less theirs, are None where not compared.

    ``allowed`` is how far it may differ before nothing is published.
    """

    first_date: date
    last_date: date
    measure: str
    source: str
    theirs: Decimal
    ours: Decimal | None
    difference: Decimal | None
    allowed: Decimal
    outcome: str

    @property
    def days(self) -> str:
        """``2026-09`` for a whole month, else the first and the last day."""
        after = calendar.monthrange(self.first_date.year, self.first_date.month)[1]
        is_month = (self.first_date.day, self.last_date) == (1, self.first_date.replace(day=after))
        return f"{self.first_date:%Y-%m}" if is_month else f"{self.first_date} to {self.last_date}"

    @property
    def stops(self) -> bool:
        """Whether it differs by more than is allowed."""
        return self.outcome == Outcome.DIFFERENT and self.difference is not None and abs(self.difference) > self.allowed

    def text(self) -> str:
        """For people: ``2026-09 net_sales: 120.00 in Finances summary, 118.50 here, 1.50 less: different``."""
        said = f"{self.days} {self.measure}: {self._figure(self.theirs)} in {self.source}"
        if self.ours is None or self.difference is None:
            return f"{said}: {self.outcome}"
        less = "less" if self.difference < 0 else "more"
        by = f", {self._figure(abs(self.difference))} {less}" if self.difference else ""
        return f"{said}, {self._figure(self.ours)} here{by}: {self.outcome}"

    def _figure(self, value: Decimal) -> str:
        text = f"{value:,.3f}"
        return text.rstrip("0").rstrip(".") if self.measure in COUNTED else text[:-1]


def counts(totals: Iterable[ComparedTotal]) -> str:
    """How many figures there are, by what came of them; empty for none."""
    numbers = Counter(total.outcome for total in totals)
    return ", ".join(f"{numbers[outcome]:,} {outcome}" for outcome in Outcome if numbers[outcome])
