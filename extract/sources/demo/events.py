"""What visitors of the demo do, as counts per day, channel and step: nobody buys without having come."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from extract.sources.demo.advertising import CAMPAIGNS, REACH_DAYS, ad_spend
from extract.sources.demo.draws import Ints
from extract.sources.demo.orders import CHANNEL_SHARES, CHANNELS, STORE, Shop
from extract.sources.demo.sales import DailySales
from extract.sources.demo.spans import Span
from extract.sources.demo.text import days, join, quoted, table, texts, whole
from extract.sources.demo.timeline import FOUNDING_DAYS
from extract.sources.demo.truth import Truth

STEPS = ("session", "view", "cart", "checkout", "purchase")
ONLINE = tuple(channel for channel in range(len(CHANNELS)) if channel != STORE)
# Of 7,000 for each item that the channel will sell in the week: visits that end without a cart, carts left behind,
# checkouts broken off. Together some 40 visits an order.
_LEAVING, _LEFT_CARTS, _BROKEN_OFF = 170, 12, 4
_WHOLE = 7_000
_STEPS, _CHANNELS = quoted(STEPS), quoted(CHANNELS)
_NAMED_STEPS, _NAMED_CHANNELS = table(STEPS), table(CHANNELS)


def funnel_of(shop: Shop, sales: DailySales, first: int, last: int) -> Ints:
    """Counts by day from ``first`` to ``last``, online channel as in ONLINE and step as in STEPS.

    A purchase is a sale, a checkout at least an order, and every click of an advertisement is a visit.
    """
    timeline, draws = shop.timeline, shop.draws
    day = np.arange(first, last + 1, dtype=np.int64)[:, np.newaxis]
    channel = np.array(ONLINE, dtype=np.int64)
    counter = (day + timeline.first.toordinal()) * len(CHANNELS) + channel
    interest = (timeline.items[day + REACH_DAYS] - timeline.items[day]) * np.array(CHANNEL_SHARES)[channel]

    def some(stream: str, weight: int) -> Ints:
        """As many of 7,000 as the weight says, on average also where that is less than one."""
        counts: Ints = (interest * weight + draws.below(stream, counter, _WHOLE)) // _WHOLE
        return counts

    known = slice(first - sales.first, last + 1 - sales.first)
    purchases, orders = sales.sales[known][:, channel], sales.orders[known][:, channel]
    checkouts = orders + some("checkouts broken off", _BROKEN_OFF)
    carts = checkouts + some("carts left behind", _LEFT_CARTS)
    sessions = carts + some("visits", _LEAVING) + _clicks(shop, first, last)[:, channel]
    views = sessions + sessions * (60 + draws.below("views", counter, 80)) // 100
    return np.stack([sessions, views, carts, checkouts, purchases], axis=2)


def _clicks(shop: Shop, first: int, last: int) -> Ints:
    ads = ad_spend(shop, shop.timeline.day(first), shop.timeline.day(last))
    channel = np.array([CHANNELS.index(campaign[0]) for campaign in CAMPAIGNS], dtype=np.int64)
    cell = (ads.day - first) * len(CHANNELS) + channel[ads.campaign]
    counts = np.bincount(cell, weights=ads.clicks, minlength=(last + 1 - first) * len(CHANNELS))
    return counts.astype(np.int64).reshape(-1, len(CHANNELS))


def event_lines(shop: Shop, sales: DailySales, span: Span, truth: Truth) -> pa.Array:
    """The steps of a span's days as JSON lines, counted in ``truth``; a step that nobody took is left out."""
    first = max(shop.timeline.number(span.first), FOUNDING_DAYS)
    last = max(shop.timeline.number(span.last), first - 1)
    counts = funnel_of(shop, sales, first, last)
    truth.add(
        np.arange(first, last + 1, dtype=np.int64),
        {f"{step}s": counts[:, :, position].sum(axis=1) for position, step in enumerate(STEPS)},
    )
    day, place, step = np.nonzero(counts)
    date, channel = days(first + day + shop.timeline.first.toordinal()), np.array(ONLINE, dtype=np.int64)[place]
    return join(
        '{"event_id":"',
        date,
        "/",
        texts(_NAMED_CHANNELS, channel),
        "/",
        texts(_NAMED_STEPS, step),
        '","event_at":"',
        date,
        '","event_type":',
        texts(_STEPS, step),
        ',"channel":',
        texts(_CHANNELS, channel),
        ',"product_id":null,"event_count":',
        whole(counts[day, place, step]),
        "}\n",
    )
