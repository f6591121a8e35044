"""Named defects in delivered orders, so that tests can see each of them caught."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from extract.sources.demo import DemoError
from extract.sources.demo.draws import Draws, Flags, Ints
from extract.sources.demo.orders import Items, Orders

# What each does to an order of an even and of an odd number.
DETAILS = {
    "duplicate_delivery": ("the line comes twice",) * 2,
    "null_key": ("order_id is null",) * 2,
    "bad_type": ("the quantity of line 1 is a word",) * 2,
    "orphan": ("the product of line 1 is unknown", "the customer is unknown"),
    "late_row": ("delivered 1 to 5 days after its day",) * 2,
    "negative_price": ("the price of line 1 is negative",) * 2,
    "schema_drift": ("loyalty_points is a new field", "shipping_amount is called shipping_cost"),
}
NAMES = tuple(DETAILS)
LATEST_DAYS = 5
UNKNOWN = -2  # a customer or product number that its table does not have
_WHOLE = 1 << 32


@dataclass(frozen=True)
class Defects:
    """Which order has which defect: at most one each, so that its effect can be told."""

    draws: Draws
    bounds: Ints

    @classmethod
    def of(cls, draws: Draws, rates: Mapping[str, float]) -> Defects:
        """Defects at the given rates per order; raises DemoError for an unknown name or rates above 1 in all."""
        unknown = sorted(set(rates) - set(NAMES))
        if unknown:
            raise DemoError(f"demo.defects names {', '.join(unknown)}; expected some of {', '.join(NAMES)}.")
        exact = [Fraction(str(rates.get(name, 0))) for name in NAMES]
        if min(exact) < 0 or sum(exact) > 1:
            raise DemoError(
                f"demo.defects has the rates {dict(rates)}; expected rates from 0 to 1 that are at most 1 in all, "
                "as an order has one defect at most. Lower them."
            )
        bounds = [int(sum(exact[: count + 1]) * _WHOLE) for count in range(len(exact))]
        return cls(draws, np.array(bounds, dtype=np.int64))

    def of_orders(self, number: Ints) -> Ints:
        """The position in NAMES of each order's defect; ``len(NAMES)`` means none."""
        point = (self.draws.bits("defect", number) >> np.uint64(32)).astype(np.int64)
        return np.searchsorted(self.bounds, point, side="right")

    def days_late(self, number: Ints, defect: Ints) -> Ints:
        """How many days after its own each order is delivered."""
        return np.where(is_named(defect, "late_row"), 1 + self.draws.below("late", number, LATEST_DAYS), 0)


def is_named(defect: Ints, name: str) -> Flags:
    """Whether each defect is the named one."""
    flags: Flags = defect == NAMES.index(name)
    return flags


def with_wrong_values(orders: Orders, defect: Ints) -> Orders:
    """The orders as a faulty system would report them: other products, customers, quantities and prices."""
    items: Items = orders.items
    is_odd = orders.number % 2 == 1
    is_first = items.line_number == 1
    orphan = is_named(defect, "orphan")
    of_unknown = is_first & (orphan & ~is_odd)[items.order]
    is_word = is_first & is_named(defect, "bad_type")[items.order]
    is_negative = is_first & is_named(defect, "negative_price")[items.order]
    return replace(
        orders,
        customer=np.where(orphan & is_odd, UNKNOWN, orders.customer),
        items=replace(
            items,
            product=np.where(of_unknown, UNKNOWN, items.product),
            quantity=np.where(is_word, 0, items.quantity),
            unit_price=np.where(is_negative, -items.unit_price, items.unit_price),
        ),
    )
