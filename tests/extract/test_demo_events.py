"""What visitors of the demo do: nobody buys without having come, and what they bought is what was sold."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.client_file import Client
from contracts.demo import Demo
from contracts.paths import ClientPaths
from extract.sources.demo.advertising import CAMPAIGNS, ad_spend
from extract.sources.demo.draws import Ints
from extract.sources.demo.events import ONLINE, STEPS, funnel_of
from extract.sources.demo.extract import extract as generate
from extract.sources.demo.inventory import LOOK_AHEAD_DAYS
from extract.sources.demo.orders import CHANNELS, Shop
from extract.sources.demo.sales import DailySales
from storage.landing import deliveries

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)
FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)


def shop_of(**demo: Any) -> Shop:
    return Shop.of(Demo(**demo), "America/New_York", LAST + timedelta(days=LOOK_AHEAD_DAYS))


def funnel(shop: Shop, first: date = FIRST, last: date = LAST) -> Ints:
    sales = DailySales.of(shop, first, last)
    return funnel_of(shop, sales, shop.timeline.number(first), shop.timeline.number(last))


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_no_step_is_taken_more_often_than_the_one_before_it(size: int) -> None:
    shop = shop_of(transactions=size)
    sessions, views, carts, checkouts, purchases = np.moveaxis(funnel(shop), 2, 0)
    for before, after in ((views, sessions), (sessions, carts), (carts, checkouts), (checkouts, purchases)):
        assert (before >= after).all()
    sales = DailySales.of(shop, FIRST, LAST)
    assert (purchases == sales.sales[:, ONLINE]).all()
    assert (checkouts >= sales.orders[:, ONLINE]).all()
    assert 0.01 < purchases.sum() / sessions.sum() < 0.04


def test_every_click_is_a_visit_of_its_day_and_channel() -> None:
    shop = shop_of(transactions=50_000)
    visits = funnel(shop)[:, :, STEPS.index("session")]
    ads = ad_spend(shop, FIRST, LAST)
    clicks: Counter[tuple[int, str]] = Counter()
    for day, campaign, count in zip(ads.day.tolist(), ads.campaign.tolist(), ads.clicks.tolist(), strict=True):
        clicks[day - shop.timeline.number(FIRST), CAMPAIGNS[campaign][0]] += count
    assert len(clicks) > 2_000
    for (day, channel), count in clicks.items():
        assert visits[day, ONLINE.index(CHANNELS.index(channel))] >= count


def test_any_days_are_the_same_by_themselves() -> None:
    shop = shop_of(transactions=3_000)
    whole = funnel(shop)
    for first, last in ((0, 0), (5, 40), (729, 729)):
        part = funnel(shop, FIRST + timedelta(days=first), FIRST + timedelta(days=last))
        assert (part == whole[first : last + 1]).all()


def test_the_configured_demo_has_the_same_visitors_everywhere() -> None:
    counts = funnel(shop_of())
    figures = dict(zip(STEPS, counts.sum(axis=(0, 1)).tolist(), strict=True))
    assert figures == {"session": 21295, "view": 40856, "cart": 1882, "checkout": 813, "purchase": 419}, (
        "if that is meant, raise GENERATOR and change these figures"
    )


def test_a_large_shop_has_no_more_rows_than_days_channels_and_steps() -> None:
    assert np.count_nonzero(funnel(shop_of(transactions=1_000_000, customers=50_000))) == 730 * 5 * 5


def test_events_are_delivered_by_month_and_day_with_their_truth(tmp_path: Path) -> None:
    client = Client.model_validate(
        {
            "client": "demo",
            "name": "Demo",
            "currency": "USD",
            "time_zone": "America/New_York",
            "sources": {name: {"kind": "demo"} for name in ("orders", "events")},
            "demo": {"start": "2026-09-10", "transactions": 500},
        }
    )
    paths = ClientPaths(tmp_path, "demo")
    generate(client, paths, date(2026, 10, 2), extracted_at=NOW, code_version="test")
    landed = [one for one in deliveries(paths.landing) if one.dataset == "events"]
    assert [one.key for one in landed] == ["2026-09", "2026-10-01", "2026-10-02"]
    seen: set[str] = set()
    for one in landed:
        days: dict[str, Counter[str]] = {}
        for line in map(json.loads, one.data_file(paths.landing).read_text(encoding="utf-8").splitlines()):
            assert line["event_id"] == f"{line['event_at']}/{line['channel']}/{line['event_type']}"
            assert line["event_count"] > 0
            seen.add(line["event_id"])
            days.setdefault(line["event_at"], Counter({f"{step}s": 0 for step in STEPS}))[f"{line['event_type']}s"] += (
                line["event_count"]
            )
        truth = json.loads((paths.truth / "events" / f"{one.key}.json").read_text(encoding="utf-8"))
        assert truth["days"] == days
    assert len(seen) == sum(one.rows for one in landed)
