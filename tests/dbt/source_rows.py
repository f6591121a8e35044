"""Raw rows of the sources beside the sales: made by hand from everything that has an edge, and random ones."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]


def ad(day: date, channel: str, campaign: str, spend: str, **counts: int | None) -> Row:
    """What a campaign cost on a day."""
    row = {"spend_date": day, "channel": channel, "campaign": campaign, "spend_amount": Decimal(spend)}
    return row | {"impressions": None, "clicks": None} | counts


def hand_made_ads() -> list[Row]:
    """January to August 2028, with a month of nothing, a free one and a channel that sells nothing."""
    first, leap, march = date(2028, 1, 1), date(2028, 2, 29), date(2028, 3, 1)
    return [
        ad(first, "web", "brand", "10.01", impressions=1000, clicks=3),
        ad(first, "Web ", "Brand", "0.02", impressions=1),  # the same campaign, spelled otherwise
        ad(first, "web", "other", "5.00", clicks=0),
        ad(leap, "billboard", "all", "99.99"),
        ad(march, "web", "brand", "0.00", impressions=0, clicks=0),
        ad(date(2028, 8, 31), "web", "brand", "1.00", clicks=7),
        ad(first, "web", "brand", "999.99") | {"is_current": False, "_line": 99},
    ]


def random_ads(rng: random.Random, start: date) -> list[Row]:
    """Forty campaigns and days, before, during and after the orders."""
    keys = {(start + timedelta(days=rng.randrange(-40, 130)), rng.choice(["web", "app", "tv"])) for _ in range(40)}
    return [
        ad(
            day,
            channel,
            rng.choice(["brand", "Brand "]),
            str(Decimal(rng.randrange(3000)) / 100),
            impressions=rng.choice([None, 0, 500]),
            clicks=rng.choice([None, 0, 9]),
        )
        for day, channel in sorted(keys)
    ]
