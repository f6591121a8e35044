"""What lies in the store: stock at the end of each day, and what was received in its morning.

Each product is ordered in rounds of two weeks. A usual round receives what it will sell, so the reserve stays; now and
then a round is ordered too small, and the reserve sells out. So stock never falls below what is sold, a round needs no
more history than the one before it, and what is sold never depends on the stock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from extract.sources.demo.draws import Flags, Ints
from extract.sources.demo.orders import Shop
from extract.sources.demo.products import PRICES, SHARES
from extract.sources.demo.sales import DailySales
from extract.sources.demo.spans import Span
from extract.sources.demo.text import days, join, table, texts, whole
from extract.sources.demo.timeline import FOUNDING_DAYS
from extract.sources.demo.truth import Truth

ROUND_DAYS = 14
LOOK_BACK_DAYS, LOOK_AHEAD_DAYS = 2 * ROUND_DAYS, ROUND_DAYS
SHORT_PER_MILLE = 200
_PRODUCTS = table(f'"{number + 1}"' for number in range(len(PRICES)))
_SHARES = np.array(SHARES, dtype=np.int64)


@dataclass(frozen=True)
class Stock:
    """Units by day (a row) and product (a column), from the day numbered ``first`` on."""

    first: int
    on_hand: Ints
    received: Ints


def stock_of(shop: Shop, sales: DailySales, first: int, last: int) -> Stock:
    """The stock on the days from ``first`` to ``last``.

    ``sales`` reach ``LOOK_BACK_DAYS`` before and ``LOOK_AHEAD_DAYS`` after them, or back to the opening.
    """
    product = np.arange(len(PRICES), dtype=np.int64)
    phase = shop.draws.below("inventory phase", product, ROUND_DAYS)
    ordinal = np.arange(first, last + 1, dtype=np.int64)[:, np.newaxis] + shop.timeline.first.toordinal()
    in_round = (ordinal + phase) % ROUND_DAYS
    begins = np.arange(first, last + 1)[:, np.newaxis] - in_round
    sold_before = np.vstack([np.zeros_like(sales.units[:1]), np.cumsum(sales.units, axis=0)])

    def sold(begin: Ints, end: Ints) -> Ints:
        """Units from a day to before another, each a number of days; nothing was sold before the opening."""
        known = len(sold_before) - 1
        low, high = (np.clip(day - sales.first, 0, known) for day in (begin, end))
        units: Ints = sold_before[high, product] - sold_before[low, product]
        return units

    reserve = 1 + shop.transactions * _SHARES * ROUND_DAYS // (1_000 * max(shop.through_day + 1 - FOUNDING_DAYS, 1))
    demand, demand_before = sold(begins, begins + ROUND_DAYS), sold(begins - ROUND_DAYS, begins)
    number = (ordinal + phase) // ROUND_DAYS
    # The round of the opening begins with an empty store and is never short.
    is_first, was_first = begins <= FOUNDING_DAYS, begins - ROUND_DAYS <= FOUNDING_DAYS
    is_short, was_short = (_is_short(shop, round_, product) for round_ in (number, number - 1))
    left = np.where(was_short & ~was_first, np.maximum(reserve - demand_before, 0), reserve)
    left = np.where(is_first, 0, left)
    ordered = np.where(is_short & ~is_first, np.maximum(demand - reserve, 0), demand + reserve - left)
    today = np.broadcast_to(np.arange(first, last + 1)[:, np.newaxis], begins.shape)
    arrives = np.where(is_first, today == FOUNDING_DAYS, in_round == 0)
    return Stock(first, left + ordered - sold(begins, today + 1), np.where(arrives, ordered, 0))


def _is_short(shop: Shop, round_number: Ints, product: Ints) -> Flags:
    """Whether a round is ordered too small; never two of a product in a row."""
    flags: Flags = shop.draws.chance("short order", round_number * 100 + product, SHORT_PER_MILLE) & (
        (round_number + product) % 2 == 0
    )
    return flags


def stock_lines(shop: Shop, sales: DailySales, span: Span, truth: Truth) -> pa.Array:
    """The stock of a span's days as JSON lines, counted in ``truth``; nothing before the shop opened."""
    first = max(shop.timeline.number(span.first), FOUNDING_DAYS)
    last = max(shop.timeline.number(span.last), first - 1)
    stock = stock_of(shop, sales, first, last)
    day = np.repeat(np.arange(first, last + 1, dtype=np.int64), len(PRICES))
    on_hand, received = stock.on_hand.ravel(), stock.received.ravel()
    truth.add(
        day,
        {
            "products": np.ones_like(day),
            "on_hand": on_hand,
            "received": received,
            "stock_outs": (on_hand == 0).astype(np.int64),
        },
    )
    return join(
        '{"stock_date":"',
        days(day + shop.timeline.first.toordinal()),
        '","product_id":',
        texts(_PRODUCTS, np.tile(np.arange(len(PRICES)), last + 1 - first)),
        ',"stock_on_hand":',
        whole(on_hand),
        ',"received_units":',
        whole(received),
        "}\n",
    )
