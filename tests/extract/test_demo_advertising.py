"""What the demo shop spends on advertising: before or with the traffic it is for, the same in whatever pieces."""

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
from extract.sources.demo.advertising import AD_CHANNELS, REACH_DAYS, ad_spend, ad_spend_lines
from extract.sources.demo.extract import extract as generate
from extract.sources.demo.orders import CHANNELS, Shop
from extract.sources.demo.spans import Span
from extract.sources.demo.truth import Truth
from storage.landing import deliveries

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)


def shop_of(last: date | None = None, **demo: Any) -> Shop:
    configured = Demo(**demo)
    return Shop.of(configured, "America/New_York", (last or configured.through) + timedelta(days=REACH_DAYS))


def lines_of(shop: Shop, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ad_spend_lines(shop, Span.of(key), Truth(shop.timeline)).to_pylist()]


def test_the_configured_demo_spends_the_same_everywhere() -> None:
    ads = ad_spend(shop_of(), date(2024, 11, 1), date(2026, 10, 31))
    figures = (len(ads.day), int(ads.spend.sum()), int(ads.clicks.sum()), int(ads.impressions.sum()))
    assert figures == (3754, 369131, 4045, 342319), "if that is meant, raise GENERATOR and change these figures"


def test_nobody_comes_by_an_advertisement_that_was_not_paid_for_in_the_week_up_to_then() -> None:
    shop = shop_of(transactions=3_000)
    bounds = shop.order_bounds(0, 3_000)
    orders = shop.orders(bounds[:-1], np.diff(bounds))
    ads = ad_spend(shop, date(2024, 11, 1), date(2026, 10, 31))
    opening = shop.timeline.number(date(2024, 11, 1))
    traffic = Counter(zip(orders.day.tolist(), (CHANNELS[channel] for channel in orders.channel), strict=True))
    paid = {(day, CHANNELS_OF[campaign]) for day, campaign in zip(ads.day.tolist(), ads.campaign.tolist(), strict=True)}
    due = [(day, channel) for day, channel in traffic if channel in AD_CHANNELS and day >= opening + REACH_DAYS - 1]
    assert len(due) > 500
    assert [
        (day, channel) for day, channel in due if not {(day - before, channel) for before in range(REACH_DAYS)} & paid
    ] == []


CHANNELS_OF = ("search", "search", "social", "social", "email", "app")


def test_a_campaign_has_a_price_fewer_clicks_than_views_and_its_days() -> None:
    lines = lines_of(shop_of(transactions=500_000), "2026-09")
    assert {(line["channel"], line["campaign"]) for line in lines} == {
        *(("search", "brand"), ("search", "generic"), ("social", "prospecting"), ("social", "retargeting")),
        *(("email", "newsletter"), ("app", "install")),
    }
    for line in lines:
        assert 0 < line["clicks"] < line["impressions"]
        assert "." in line["spend_amount"]
        assert float(line["spend_amount"]) > 0
    days = Counter(line["campaign"] for line in lines)
    mailed = {date.fromisoformat(line["spend_date"]).weekday() for line in lines if line["campaign"] == "newsletter"}
    assert (days["brand"], days["newsletter"], mailed) == (30, 5, {1})


def test_spending_grows_with_what_is_sold() -> None:
    small, large = (
        ad_spend(shop_of(transactions=size), date(2026, 1, 1), date(2026, 10, 31)) for size in (10_000, 1_000_000)
    )
    assert 98 < large.spend.sum() / small.spend.sum() < 102


@pytest.mark.parametrize("last", [date(2026, 8, 31), date(2026, 10, 31), date(2027, 3, 1)])
def test_a_month_is_its_days_however_far_the_shop_is_known(last: date) -> None:
    shop = shop_of(last)
    month = lines_of(shop_of(), "2026-08")
    assert [line for day in range(1, 32) for line in lines_of(shop, f"2026-08-{day:02d}")] == month
    assert len(month) > 100


@pytest.mark.parametrize("key", ["2024-10", "2024-10-31"])
def test_before_the_shop_opened_nothing_is_spent(key: str) -> None:
    assert lines_of(shop_of(), key) == []


def test_ad_spend_is_delivered_by_month_and_day_with_its_truth(tmp_path: Path) -> None:
    client = Client.model_validate(
        {
            "client": "demo",
            "name": "Demo",
            "currency": "USD",
            "time_zone": "America/New_York",
            "sources": {"orders": {"kind": "demo"}, "ad_spend": {"kind": "demo"}},
            "demo": {"start": "2026-09-01", "transactions": 500},
        }
    )
    paths = ClientPaths(tmp_path, "demo")
    generate(client, paths, date(2026, 10, 2), extracted_at=NOW, code_version="test")
    landed = {one.key: one for one in deliveries(paths.landing) if one.dataset == "ad_spend"}
    assert list(landed) == ["2026-09", "2026-10-01", "2026-10-02"]
    assert landed["2026-09"].file == "ad_spend_2026_09.jsonl"
    for key, manifest in landed.items():
        days: dict[str, Counter[str]] = {}
        for line in map(json.loads, manifest.data_file(paths.landing).read_text(encoding="utf-8").splitlines()):
            cents = int(line["spend_amount"].replace(".", ""))
            counts = {"campaigns": 1, "spend": cents, "impressions": line["impressions"], "clicks": line["clicks"]}
            days.setdefault(line["spend_date"], Counter()).update(counts)
        truth = json.loads((paths.truth / "ad_spend" / f"{key}.json").read_text(encoding="utf-8"))
        assert truth["days"] == days
        assert manifest.rows == sum(day["campaigns"] for day in days.values())
    earlier = client.model_copy(update={"demo": client.demo.model_copy(update={"start": date(2026, 10, 1)})})
    generate(earlier, paths, date(2026, 10, 2), extracted_at=NOW, code_version="test")
    assert [one.rows for one in deliveries(paths.landing) if one.delivery_id == "ad_spend/2026-09/0002"] == [0]
