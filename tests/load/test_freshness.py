"""Verify stops a run whose data is too old, or too much or too little, by the client's own ceilings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from load.verify_database import VerificationError, verify
from tests.load.conftest import CUSTOMERS, DAY, PRODUCTS, Make, Shop, order

SOURCES = {name: {"kind": "demo"} for name in ("customers", "products", "orders", "payments", "subscriptions")}


def shop_with(make_shop: Make, orders_by_age: Mapping[int, int], **ceilings: Any) -> Shop:
    """A shop with so many orders on the days that are so many before the last one."""
    shop = make_shop({**SOURCES, "weather": {"kind": "demo"}}, ceilings={"orphan_share": 1, **ceilings})
    shop.land_masters()
    land_orders(shop, orders_by_age)
    shop.load()
    return shop


def land_orders(shop: Shop, orders_by_age: Mapping[int, int], key: str = "orders") -> None:
    rows = [
        # Half past ten in Berlin in summer and in winter.
        order(f"{age}/{number}", order_at=f"{DAY - timedelta(days=age)}T21:30:00Z", payments=[])
        for age, count in orders_by_age.items()
        for number in range(count)
    ]
    shop.land("orders", rows, key=key)


def findings(shop: Shop, day: date = DAY) -> list[str]:
    try:
        verify(shop.client, shop.paths, day)
    except VerificationError as error:
        return [str(finding) for finding in error.findings if "payments" not in finding.table]
    return []


def test_data_older_than_allowed_is_named_with_its_age(make_shop: Make) -> None:
    shop = shop_with(make_shop, {2: 1}, age_days={"orders": 1, "customers": 0, "weather": 3})
    assert findings(shop) == [
        "raw.orders: newest day: expected at most 1 days before 2026-10-31 (age_days), found 2026-10-29, 2 days old",
        "raw.weather: newest day: expected at most 3 days before 2026-10-31 (age_days), found none",
    ]
    shop.land("weather", [{"weather_date": "2026-10-28", "country": "DE"}])
    shop.load()
    assert findings(shop, date(2026, 10, 30)) == [], "the business date counts, not the newest day or the clock"


def test_a_source_that_says_how_things_are_is_as_old_as_its_newest_delivery(make_shop: Make) -> None:
    shop = shop_with(make_shop, {0: 1}, age_days={"customers": 1, "subscriptions": 1})
    later = DAY + timedelta(days=2)
    shop.land("orders", [order("later", order_at=f"{later}T10:00:00Z", payments=[])], key="later", day=later)
    period = {"subscription_id": "S", "customer_id": "C1", "started_date": "2020-01-01", "monthly_amount": "9.00"}
    shop.land("subscriptions", [period], day=later)
    shop.load()
    expected = "expected at most 1 days before 2026-11-02 (age_days), found 2026-10-31, 2 days old"
    assert findings(shop, later) == [f"raw.customers: newest delivery: {expected}"]


@pytest.mark.parametrize(("last", "is_usual"), [(0, False), (1, False), (2, True), (12, True), (13, False)])
def test_a_day_is_compared_with_the_median_of_the_days_before(make_shop: Make, last: int, is_usual: bool) -> None:
    before = {1: 4, 2: 40, 3: 4, 4: 1, 5: 4, 6: 4, 7: 4, 40: 90}
    shop = shop_with(make_shop, {0: last} | before, volume_factor={"orders": 3})
    # Twenty days of the 28 are without an order, so that the usual day has none.
    assert findings(shop) == []
    land_orders(shop, dict.fromkeys(range(8, 29), 4), key="others")
    shop.load()
    usual = "expected 1.3 to 12.0, as the median before is 4.0 (volume_factor 3)"
    unusual = [] if is_usual else [f"raw.orders: rows of 2026-10-31: {usual}, found {last}"]
    assert findings(shop) == unusual


def test_a_young_shop_is_left_alone(make_shop: Make) -> None:
    shop = shop_with(make_shop, {0: 9, **dict.fromkeys(range(1, 7), 1)}, volume_factor={"orders": 2})
    assert findings(shop) == []
    shop.land("orders", [order("first", order_at="2026-10-24T10:00:00Z", payments=[])], key="first")
    shop.load()
    assert len(findings(shop)) == 1


def test_a_snapshot_is_compared_with_those_before(make_shop: Make) -> None:
    shop = shop_with(make_shop, {0: 1}, volume_factor={"products": 2, "customers": 2})
    for age in range(8):
        day = DAY - timedelta(days=age)
        rows = [{**PRODUCTS[0], "product_id": f"P{number}"} for number in range(1, 3 if age else 6)]
        shop.land("products", rows, key=f"on {day}", day=day)
        shop.land("customers", CUSTOMERS, key=str(day), day=day)
    shop.load()
    usual = "expected 1.0 to 4.0, as the median before is 2.0 (volume_factor 2)"
    assert findings(shop) == [f"raw.products: rows of the newest snapshot: {usual}, found 5"]


def test_a_ceiling_of_what_nobody_delivers_is_refused(make_shop: Make) -> None:
    with pytest.raises(ValidationError, match="ceilings name events, inventory; expected some of sources: customers"):
        make_shop(ceilings={"age_days": {"events": 1}, "volume_factor": {"inventory": 2}})
