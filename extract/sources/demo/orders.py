"""The orders of the demo shop as columns of whole numbers: money in cents, time in UTC seconds.

An order is numbered by its first item. Items are numbered through from the first day on, and a hash of an item's
number says whether a new order begins with it; so the orders of a range of items are known without those before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from contracts.demo import Demo
from extract.sources.demo.customers import Customers
from extract.sources.demo.draws import Draws, Flags, Ints
from extract.sources.demo.products import SHARES, price_on
from extract.sources.demo.timeline import Timeline

LONGEST_ORDER = 16
NEW_ORDER_PER_MILLE = 440  # 2.2 items an order
STATUSES = ("placed", "completed", "shipped", "cancelled")
PLACED, COMPLETED, SHIPPED, CANCELLED = range(4)
CHANNELS = ("web", "app", "email", "social", "search", "store")
CHANNEL_SHARES = (34, 22, 10, 9, 15, 10)
STORE = CHANNELS.index("store")
METHODS = ("card", "paypal", "bank_transfer", "gift_card")
METHOD_SHARES = (60, 25, 10, 5)
QUANTITY_SHARES = (0, 70, 18, 6, 4, 1, 1)
# By country as in customers.COUNTRIES: sales tax in hundredths of a percent, shipping in cents.
TAX_RATES = np.array([700, 2_000, 1_900, 2_000, 1_300, 1_800], dtype=np.int64)
SHIPPING = np.array([499, 399, 450, 490, 799, 999], dtype=np.int64)
FREE_SHIPPING_FROM = 10_000
# Orders by hour of the local day; a second of the day for each of 2**16 equal shares of a day's orders.
_HOURS = (4, 2, 1, 1, 1, 2, 5, 8, 11, 13, 14, 14, 15, 14, 13, 13, 14, 15, 17, 20, 22, 19, 12, 6)
_SHARES = 1 << 16
_SECONDS = np.interp(
    np.arange(_SHARES), np.cumsum((0, *_HOURS)) * _SHARES / sum(_HOURS), np.arange(len(_HOURS) + 1) * 3_600
).astype(np.int64)
_DAY = 86_400
LAST_PAYMENT_AFTER = 1_500  # seconds; the last order of a day leaves time to pay for it on the same day


@dataclass(frozen=True)
class Items:
    """The items of some orders, in their order; ``order`` is a position among those orders."""

    number: Ints
    order: Ints
    line_number: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints
    discount: Ints

    @property
    def gross(self) -> Ints:
        """Cents before any discount."""
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class Payments:
    """The payment attempts of some orders, in their order."""

    order: Ints
    attempt_number: Ints
    method: Ints
    is_succeeded: Flags
    paid_at: Ints


@dataclass(frozen=True)
class Orders:
    """Some orders with their items and payments; ``gross`` and ``net`` are sums over the items."""

    number: Ints
    size: Ints
    day: Ints
    order_at: Ints
    customer: Ints
    country: Ints
    channel: Ints
    status: Ints
    gross: Ints
    line_discount: Ints
    discount: Ints
    tax: Ints
    shipping: Ints
    attempts: Ints
    is_paid: Flags
    items: Items
    payments: Payments

    @property
    def net(self) -> Ints:
        """Cents after all discounts, before tax and shipping."""
        return self.gross - self.line_discount - self.discount

    @property
    def total(self) -> Ints:
        """Cents to pay."""
        return self.net + self.tax + self.shipping


@dataclass(frozen=True)
class Shop:
    """The demo shop up to the last day of its timeline."""

    draws: Draws
    timeline: Timeline
    customers: Customers
    through_day: int
    transactions: int

    @classmethod
    def of(cls, demo: Demo, time_zone: str, last: date) -> Shop:
        """The shop of a configuration, known to the end of ``last``."""
        draws = Draws(demo.seed)
        timeline = Timeline.of(demo, time_zone, last)
        return cls(
            draws=draws,
            timeline=timeline,
            customers=Customers.of(draws, timeline),
            through_day=timeline.number(demo.through),
            transactions=demo.transactions,
        )

    def order_bounds(self, first_item: int, end_item: int) -> Ints:
        """The first items of the orders that begin in a range of items, and the end of the last of them."""
        number = np.arange(first_item, end_item + LONGEST_ORDER, dtype=np.int64)
        begins = self.draws.chance("new order", number, NEW_ORDER_PER_MILLE)
        # An order also begins where the configured total is reached, which so is met to the item.
        begins |= (number % LONGEST_ORDER == 0) | (number == self.transactions)
        bounds = number[begins]
        return bounds[: int(np.searchsorted(bounds, end_item)) + 1]

    def days_of(self, number: Ints) -> Ints:
        """The day of each order."""
        return np.searchsorted(self.timeline.items, number, side="right") - 1

    def orders(self, number: Ints, size: Ints) -> Orders:
        """Everything about the orders of these numbers and sizes."""
        draws, day = self.draws, self.days_of(number)
        customer = self.customers.buyers(number, day)
        country = self.customers.country[customer]
        channel = self.channels(number)
        order_at = self._order_at(number, day)
        items = self._items(number, size, day)
        first_item = np.cumsum(size) - size
        gross = _sum_by_order(items.gross, first_item)
        line_discount = _sum_by_order(items.discount, first_item)
        percent = np.array([0, 5, 10, 15])[draws.pick("order discount", number, (90, 4, 4, 2))]
        discount = (gross - line_discount) * percent // 100
        net = gross - line_discount - discount
        is_cancelled, attempts, is_paid = self._outcomes(number)
        usual = draws.pick("status", number, (3, 90, 7))
        return Orders(
            number=number,
            size=size,
            day=day,
            order_at=order_at,
            customer=customer,
            country=country,
            channel=channel,
            status=np.where(is_cancelled, CANCELLED, np.where(is_paid, usual, PLACED)),
            gross=gross,
            line_discount=line_discount,
            discount=discount,
            tax=(net * TAX_RATES[country] + 5_000) // 10_000,
            shipping=np.where((net >= FREE_SHIPPING_FROM) | (channel == STORE), 0, SHIPPING[country]),
            attempts=attempts,
            is_paid=is_paid,
            items=items,
            payments=self._payments(number, order_at, attempts, is_paid),
        )

    def channels(self, number: Ints) -> Ints:
        """The channel of each order."""
        return self.draws.pick("channel", number, CHANNEL_SHARES)

    def bought(self, item: Ints) -> tuple[Ints, Ints]:
        """The product and the quantity of each item."""
        return self.draws.pick("product", item, SHARES), self.draws.pick("quantity", item, QUANTITY_SHARES)

    def is_paid(self, number: Ints) -> Flags:
        """Whether each order is a sale in the end."""
        return self._outcomes(number)[2]

    def _order_at(self, number: Ints, day: Ints) -> Ints:
        """Rising with the number within a day, more of them in the evening, none too late to be paid the same day."""
        before, after = self.timeline.items[day], self.timeline.items[day + 1]
        share = ((number - before) * _SHARES + self.draws.below("moment", number, _SHARES)) // (after - before)
        begin, end = self.timeline.starts[day], self.timeline.starts[day + 1]
        order_at: Ints = begin + _SECONDS[share] * (end - begin - LAST_PAYMENT_AFTER) // _DAY
        return order_at

    def _items(self, order_number: Ints, size: Ints, day: Ints) -> Items:
        draws = self.draws
        order = np.repeat(np.arange(len(order_number)), size)
        line_number = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size) + 1
        number = order_number[order] + line_number - 1
        product, quantity = self.bought(number)
        # A gift comes with something bought, so no order is free.
        is_gift = (line_number > 1) & draws.chance("gift", number, 10)
        unit_price = np.where(is_gift, 0, price_on(draws, product, day[order] - self.through_day))
        percent = np.array([0, 5, 10, 20, 30])[draws.pick("line discount", number, (85, 5, 5, 3, 2))]
        return Items(
            number=number,
            order=order,
            line_number=line_number,
            product=product,
            quantity=quantity,
            unit_price=unit_price,
            discount=quantity * unit_price * percent // 100,
        )

    def _outcomes(self, number: Ints) -> tuple[Flags, Ints, Flags]:
        """Who cancelled, how often payment was tried and if the last try succeeded; cancelled orders took no money."""
        is_cancelled = self.draws.chance("cancelled", number, 30)
        first, second, third = (
            self.draws.chance(f"payment {attempt} fails", number, rate)
            for attempt, rate in ((1, 80), (2, 250), (3, 250))
        )
        attempts = np.where(first & second, 3, np.where(first, 2, 1))
        is_paid = ~(first & second & third) & ~is_cancelled
        tried = np.where(is_cancelled, self.draws.below("tried before cancelling", number, 2), attempts)
        return is_cancelled, tried, is_paid

    def _payments(self, number: Ints, order_at: Ints, attempts: Ints, is_paid: Flags) -> Payments:
        order = np.repeat(np.arange(len(number)), attempts)
        attempt_number = np.arange(len(order)) - np.repeat(np.cumsum(attempts) - attempts, attempts) + 1
        counter = number[order] * 4 + attempt_number
        wait = self.draws.below("retry after", number, 600)[order] + 60
        return Payments(
            order=order,
            attempt_number=attempt_number,
            method=self.draws.pick("method", counter, METHOD_SHARES),
            is_succeeded=is_paid[order] & (attempt_number == attempts[order]),
            paid_at=order_at[order] + 5 + self.draws.below("paying", number, 55)[order] + (attempt_number - 1) * wait,
        )


def _sum_by_order(values: Ints, first_item: Ints) -> Ints:
    return np.add.reduceat(values, first_item) if len(first_item) else values
