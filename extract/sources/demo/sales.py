"""How much the shop sold on each day, by product and by channel, without making the orders in full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from extract.sources.demo.draws import Ints
from extract.sources.demo.orders import CHANNELS, Shop
from extract.sources.demo.products import PRICES
from extract.sources.demo.timeline import FOUNDING_DAYS

BATCH = 1 << 17  # items at a time


@dataclass(frozen=True)
class DailySales:
    """Counts by day (a row) and product or channel (a column), from the day numbered ``first`` on.

    ``units`` and ``sales`` are of orders that were paid for, ``orders`` of all that were placed.
    """

    first: int
    units: Ints
    orders: Ints
    sales: Ints

    @classmethod
    def of(cls, shop: Shop, first_day: date, last_day: date) -> DailySales:
        """Of the days from the opening or a later first one to a last one, which the shop's timeline must have."""
        first = max(shop.timeline.number(first_day), FOUNDING_DAYS)
        last = max(shop.timeline.number(last_day), first)
        days = last - first + 1
        units = np.zeros(days * len(PRICES), dtype=np.int64)
        orders, sales = (np.zeros(days * len(CHANNELS), dtype=np.int64) for _ in range(2))
        items = shop.timeline.items
        for begin in range(int(items[first]), int(items[last + 1]), BATCH):
            bounds = shop.order_bounds(begin, min(begin + BATCH, int(items[last + 1])))
            number, size = bounds[:-1], np.diff(bounds)
            day = shop.days_of(number) - first
            is_paid = shop.is_paid(number)
            channel = day * len(CHANNELS) + shop.channels(number)
            orders += np.bincount(channel, minlength=len(orders))
            sales += np.bincount(channel[is_paid], minlength=len(sales))
            item = np.arange(bounds[0], bounds[-1])[np.repeat(is_paid, size)]
            product, quantity = shop.bought(item)
            cell = np.repeat(day[is_paid], size[is_paid]) * len(PRICES) + product
            units += np.bincount(cell, weights=quantity, minlength=len(units)).astype(np.int64)
        return cls(
            first, units.reshape(days, -1), orders.reshape(days, len(CHANNELS)), sales.reshape(days, len(CHANNELS))
        )
