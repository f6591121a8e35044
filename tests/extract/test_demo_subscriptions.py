"""The demo's subscriptions: after signup, one after the other, told as far as they are known on a day."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from contracts.client_file import Client
from contracts.demo import Demo
from contracts.paths import ClientPaths
from extract.sources.demo.extract import extract as generate
from extract.sources.demo.orders import Shop
from extract.sources.demo.spans import Span
from extract.sources.demo.subscriptions import PLANS, subscription_lines, subscriptions_of
from extract.sources.demo.timeline import FOUNDING_DAYS
from extract.sources.demo.truth import Truth
from storage.landing import deliveries

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)
LAST = date(2026, 10, 31)


def shop_of(beyond: int = 14, **demo: Any) -> Shop:
    return Shop.of(Demo(**demo), "America/New_York", LAST + timedelta(days=beyond))


def told(shop: Shop, day: date) -> list[dict[str, Any]]:
    lines = subscription_lines(shop, Span.of(day.isoformat()), Truth(shop.timeline)).to_pylist()
    return [json.loads(line) for line in lines]


def test_nobody_subscribes_before_signing_up_or_after_leaving_and_periods_follow_each_other() -> None:
    shop = shop_of(customers=5_000)
    every = subscriptions_of(shop)
    assert (every.start > shop.customers.signup_day[every.customer]).all()
    assert (every.start >= FOUNDING_DAYS).all()
    assert (every.end <= shop.customers.leaving_day[every.customer]).all()
    assert (every.start < every.end).all()
    follows = every.customer[1:] == every.customer[:-1]
    gap = (every.start[1:] - every.end[:-1])[follows]
    assert gap.min() == 0
    assert (gap > 0).sum() > 100
    changed = every.plan[1:][follows] != every.plan[:-1][follows]
    assert changed[gap == 0].all()
    assert set(every.plan.tolist()) == set(range(len(PLANS)))
    assert 0.12 < len(np.unique(every.customer)) / 5_000 < 0.18


def test_what_is_told_on_a_day_is_what_was_known_then_however_far_the_shop_is_known() -> None:
    known = told(shop_of(customers=2_000), date(2026, 3, 15))
    assert known == told(shop_of(beyond=300, customers=2_000), date(2026, 3, 15))
    assert max(line["started_date"] for line in known) <= "2026-03-15"
    assert max(line["ended_date"] or "" for line in known) <= "2026-03-15"
    later = {(line["subscription_id"], line["started_date"]): line for line in told(shop_of(customers=2_000), LAST)}
    assert len(later) > len(known) > 100
    ended = 0
    for line in known:
        after = later[line["subscription_id"], line["started_date"]]
        ended += after["ended_date"] is not None and line["ended_date"] is None
        assert after == line or (line["ended_date"] is None and after["ended_date"] > "2026-03-15")
    assert ended > 10


def test_the_configured_demo_has_the_same_subscriptions_everywhere() -> None:
    lines = told(shop_of(), LAST)
    cents = sum(int(line["monthly_amount"].replace(".", "")) for line in lines if line["ended_date"] is None)
    assert (len(lines), sum(line["ended_date"] is not None for line in lines), cents) == (44, 32, 24988), (
        "if that is meant, raise GENERATOR and change these figures"
    )


def test_subscriptions_are_delivered_as_a_snapshot_with_its_truth(tmp_path: Path) -> None:
    client = Client.model_validate(
        {
            "client": "demo",
            "name": "Demo",
            "currency": "USD",
            "time_zone": "America/New_York",
            "sources": {name: {"kind": "demo"} for name in ("orders", "customers", "subscriptions")},
            "demo": {"start": "2026-07-01", "transactions": 100, "customers": 900},
        }
    )
    paths = ClientPaths(tmp_path, "demo")
    generate(client, paths, LAST, extracted_at=NOW, code_version="test")
    (landed,) = [one for one in deliveries(paths.landing) if one.dataset == "subscriptions"]
    assert (landed.key, landed.file) == ("2026-10-31", "subscriptions_2026_10_31.jsonl")
    days: dict[str, Counter[str]] = {}
    for line in map(json.loads, landed.data_file(paths.landing).read_text(encoding="utf-8").splitlines()):
        cents = int(line["monthly_amount"].replace(".", ""))
        days.setdefault(line["started_date"], Counter()).update(periods=1, monthly_amount=cents)
    truth = json.loads((paths.truth / "subscriptions" / "2026-10-31.json").read_text(encoding="utf-8"))
    assert truth["days"] == days
    assert len(days) > 20
