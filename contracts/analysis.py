"""Where a figure needs a judgement, the client's: margins, limits of statuses and tiers, segments, rules of review."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from contracts.block import Block

# What says of a customer without a sale, or without a recent one, or of scores that fit nowhere, what a segment would.
OTHERS = "Others"
NO_SEGMENTS = ("prospect", "returned_only", "lapsed", OTHERS)

Share = Annotated[Decimal, Field(gt=0, lt=1)]
Days = Annotated[int, Field(ge=1)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _in_order(scores: tuple[int, int]) -> tuple[int, int]:
    lower, upper = scores
    if not 1 <= lower <= upper <= 5:
        raise ValueError("expected the lower and the upper score, from 1 to 5, such as [4, 5]")
    return scores


def _plain_names(names: Mapping[str, str]) -> Mapping[str, str]:
    return {name.strip().lower(): published.strip().lower() for name, published in names.items()}


def _plain_rates(rates: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    return {name.strip().lower(): rate for name, rate in rates.items()}


Scores = Annotated[tuple[int, int], AfterValidator(_in_order)]


class Segment(Block):
    """A segment of buyers, by the lower and the upper score of each kind; 5 is best."""

    name: str = Field(min_length=1)
    """What it is called in tables and on pages."""
    recency: Scores
    """Scores of how recent the last sale is."""
    frequency: Scores
    """Scores of the number of sales."""
    monetary: Scores
    """Scores of the lifetime value."""


# Those of the R package rfm 0.3.0, as its documentation has them.
SEGMENTS = tuple(
    Segment(name=name, recency=recency, frequency=frequency, monetary=monetary)
    for name, recency, frequency, monetary in (
        ("Champions", (5, 5), (5, 5), (5, 5)),
        ("Potential Loyalist", (3, 5), (3, 5), (2, 5)),
        ("Loyal Customers", (2, 4), (2, 4), (2, 4)),
        ("Promising", (3, 4), (1, 3), (3, 5)),
        ("New Customers", (4, 5), (1, 3), (1, 5)),
        ("Can't Lose Them", (1, 2), (3, 4), (4, 5)),
        ("At Risk", (1, 2), (2, 5), (4, 5)),
        ("Need Attention", (1, 3), (3, 5), (3, 5)),
        ("About To Sleep", (2, 3), (1, 3), (1, 4)),
        ("Lost", (1, 1), (1, 5), (1, 5)),
    )
)


class Analysis(Block):
    """Where a figure needs a judgement: the shop's own. What is not said is as the defaults have it."""

    category_names: Annotated[Mapping[str, str], AfterValidator(_plain_names)] = Field(default_factory=dict)
    """Spelling of a category as delivered: as published. Compared trimmed and in lower case."""
    margin_rates: Annotated[Mapping[str, Annotated[Decimal, Field(ge=0, le=1)]], AfterValidator(_plain_rates)] = Field(
        default_factory=dict
    )
    """Category: gross margin on the list price where the source has no cost."""
    default_margin_rate: Decimal | None = Field(None, ge=0, le=1)
    """The margin of all other categories; unsaid, the cost of what has none is unknown, and so is the profit."""
    new_days: Days = 30
    """Days since the first sale within which a customer is new; a limit belongs to the better status."""
    active_days: Days = 90
    """Days since the last sale within which a customer is active."""
    at_risk_days: Days = 180
    """Days since the last sale within which a customer is at risk, then churned."""
    mid_range_from: Decimal | None = Field(None, gt=0)
    """List price from which a product is mid-range, in the client's currency; said together with `premium_from`."""
    premium_from: Decimal | None = Field(None, gt=0)
    """List price from which a product is premium; unsaid, no product has a price tier."""
    cover_days: Days = 28
    """Days of sales that say how fast a product sells."""
    reorder_days: Days = 14
    """Days that its stock must last before more is to be ordered."""
    high_performance_from: Share = Decimal("0.8")
    """Share of the sold products that a product's revenue must reach to perform high."""
    medium_performance_from: Share = Decimal("0.4")
    """The same for medium."""
    high_value_from: Share = Decimal("0.8")
    """Share of the buyers whose lifetime value a customer's must reach for the high value tier."""
    medium_value_from: Share = Decimal("0.4")
    """The same for medium."""
    class_a_share: Share = Decimal("0.8")
    """Share of the revenue that the products of class A reach."""
    class_b_share: Share = Decimal("0.95")
    """Share that those of A and B reach together."""
    review_discount_share: Share = Decimal("0.5")
    """Discount as a share of gross from which on an order is looked at."""
    review_shipping_share: Share = Decimal("0.25")
    """Shipping as a share of the total from which on it is."""
    review_failed_payments: int = Field(2, ge=0)
    """Number of failed payments above which it is."""
    week_starts_on: Weekday = "monday"
    """The day that a week of the calendar begins with; ISO weeks, and those of the forecast, begin on Monday."""
    fiscal_year_starts: int = Field(1, ge=1, le=12)
    """The month that a fiscal year begins with, as a number; the year is called by the one that it ends in."""
    segments: tuple[Segment, ...] = SEGMENTS
    """Segments of buyers in order: the first that fits, else `Others`. The default is the ten of the R package rfm,
    in docs/explanation/models.md."""
    segment_months: int | None = Field(None, ge=1)
    """Months whose sales and refunds segments compare, that of the run's day included, such as 24; who bought before is
    `lapsed`. Unsaid, the whole history."""

    @model_validator(mode="after")
    def _prices_are_said_together(self) -> Analysis:
        if (self.mid_range_from is None) is not (self.premium_from is None):
            said, missing = sorted(("mid_range_from", "premium_from"), key=lambda name: getattr(self, name) is None)
            raise ValueError(
                f"{said} is said without {missing}; expected both, or none for products without price tiers"
            )
        return self

    @model_validator(mode="after")
    def _limits_rise(self) -> Analysis:
        for lower, upper in (
            ("active_days", "at_risk_days"),
            ("mid_range_from", "premium_from"),
            ("medium_performance_from", "high_performance_from"),
            ("medium_value_from", "high_value_from"),
            ("class_a_share", "class_b_share"),
        ):
            if getattr(self, lower) is not None and getattr(self, lower) >= getattr(self, upper):
                raise ValueError(
                    f"{lower} is {getattr(self, lower)} and {upper} is {getattr(self, upper)}; expected the first "
                    "to be below the second"
                )
        return self

    @model_validator(mode="after")
    def _segments_are_told_apart(self) -> Analysis:
        names = [segment.name for segment in self.segments]
        if wrong := [name for name in names if names.count(name) > 1 or name in NO_SEGMENTS]:
            raise ValueError(
                f"segments has {wrong[0]!r} twice, or as a name with a meaning of its own; expected each name once, "
                f"and none of {', '.join(NO_SEGMENTS)}"
            )
        return self
