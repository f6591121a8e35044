"""What advertising costs: money spent on a day for the traffic of that day and the six that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from extract.sources.demo.draws import Ints
from extract.sources.demo.orders import Shop
from extract.sources.demo.spans import Span
from extract.sources.demo.text import days, join, money, quoted, texts, whole
from extract.sources.demo.timeline import FOUNDING_DAYS
from extract.sources.demo.truth import Truth

# Channel, campaign, cents spent for each item that the shop sells anywhere, cents for a click, clicks in 10,000 views.
CAMPAIGNS = (
    ("search", "brand", 30, 45, 600),
    ("search", "generic", 95, 140, 250),
    ("social", "prospecting", 85, 70, 90),
    ("social", "retargeting", 35, 55, 160),
    ("email", "newsletter", 14, 6, 1_400),
    ("app", "install", 110, 180, 120),
)
AD_CHANNELS = tuple(dict.fromkeys(channel for channel, *_ in CAMPAIGNS))
NEWSLETTER = 4  # the one campaign that does not run every day: it goes out on Tuesdays
REACH_DAYS = 7  # the day of the spending and those after it whose traffic it moves

_CHANNELS = quoted(campaign[0] for campaign in CAMPAIGNS)
_NAMES = quoted(campaign[1] for campaign in CAMPAIGNS)
_PER_ITEM, _PER_CLICK, _CLICKED = (
    np.array([campaign[column] for campaign in CAMPAIGNS], dtype=np.int64) for column in (2, 3, 4)
)


@dataclass(frozen=True)
class AdSpend:
    """Money in cents and counts, one per campaign and day; a campaign that is silent on a day is left out."""

    day: Ints
    campaign: Ints
    spend: Ints
    impressions: Ints
    clicks: Ints


def ad_spend(shop: Shop, first: date, last: date) -> AdSpend:
    """What every campaign cost on each day of a range; nothing before the shop opened.

    The shop's timeline reaches ``REACH_DAYS`` beyond the range, because what is spent follows from what will be sold.
    """
    timeline, draws = shop.timeline, shop.draws
    number = np.arange(max(timeline.number(first), FOUNDING_DAYS), timeline.number(last) + 1, dtype=np.int64)
    day, campaign = np.repeat(number, len(CAMPAIGNS)), np.tile(np.arange(len(CAMPAIGNS)), len(number))
    ordinal = day + timeline.first.toordinal()
    counter = ordinal * len(CAMPAIGNS) + campaign
    is_weekly = campaign == NEWSLETTER
    # A weekly campaign spends for its seven days at once.
    share = np.where(is_weekly, 1, REACH_DAYS)
    moved = timeline.items[day + REACH_DAYS] - timeline.items[day]
    spend = moved * _PER_ITEM[campaign] * (80 + draws.below("ad spend", counter, 41)) // (100 * share)
    clicks = spend * (85 + draws.below("ad clicks", counter, 31)) // (100 * _PER_CLICK[campaign])
    impressions = clicks * 10_000 // _CLICKED[campaign] + draws.below("ad impressions", counter, 100)
    is_tuesday = ordinal % 7 == 2  # the ordinal 1 was a Monday
    runs = (spend > 0) & (is_tuesday | ~is_weekly)
    return AdSpend(*(column[runs] for column in (day, campaign, spend, impressions, clicks)))


def ad_spend_lines(shop: Shop, span: Span, truth: Truth) -> pa.Array:
    """The spending of a span as JSON lines, counted in ``truth``."""
    ads = ad_spend(shop, span.first, span.last)
    truth.add(
        ads.day,
        {"campaigns": np.ones_like(ads.day), "spend": ads.spend, "impressions": ads.impressions, "clicks": ads.clicks},
    )
    return join(
        '{"spend_date":"',
        days(ads.day + shop.timeline.first.toordinal()),
        '","channel":',
        texts(_CHANNELS, ads.campaign),
        ',"campaign":',
        texts(_NAMES, ads.campaign),
        ',"spend_amount":"',
        money(ads.spend),
        '","impressions":',
        whole(ads.impressions),
        ',"clicks":',
        whole(ads.clicks),
        "}\n",
    )
