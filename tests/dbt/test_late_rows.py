"""Late and corrected rows of the sources beside the sales give what a full refresh gives."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.conftest import Warehouse
from tests.dbt.shops import Shop, hand_made, made_at_random
from tests.dbt.source_rows import ad, event, period, stock, weather
from tests.dbt.test_inventory import assert_inventory
from tests.dbt.test_marketing import assert_funnel, assert_marketing
from tests.dbt.test_subscriptions import assert_subscriptions
from tests.dbt.test_weather import assert_weather

pytestmark = pytest.mark.xdist_group("dbt increments")


def change(shop: Shop, rng: random.Random) -> None:
    """Of each source a row is taken back, one is corrected, and one comes late."""

    def correct(table: str, column: str, value: Any) -> None:
        rows = getattr(shop, table)
        rows.pop(rng.randrange(len(rows)))
        corrected = rng.choice(rows)
        corrected[column] = value(corrected[column])

    correct("ad_spend", "spend_amount", lambda amount: amount + Decimal("0.01"))
    day = rng.choice(shop.ad_spend)["spend_date"] + timedelta(days=rng.choice([0, -60, 60]))
    shop.ad_spend.append(ad(day, "web", f"late {rng.random()}", "3.33", clicks=2))
    correct("events", "event_count", lambda count: count + 5)
    last = max(row["event_date"] for row in shop.events)
    shop.events.append(event(f"late {rng.random()}", last + timedelta(days=3), "session", 9))
    correct("inventory", "stock_on_hand", lambda _: 0)
    last = max(row["stock_date"] for row in shop.inventory)
    shop.inventory.append(stock(last + timedelta(days=3), "new", 3, 3))
    correct("weather", "temperature", lambda _: Decimal("-9.99"))
    last = max(row["weather_date"] for row in shop.weather)
    shop.weather.append(weather(last + timedelta(days=3), "US", "1.00", "0.00"))
    correct("subscriptions", "monthly_amount", lambda amount: amount + Decimal("5.01"))
    ended = rng.choice([row for row in shop.subscriptions if row["ended_date"] is None])
    ended["ended_date"] = ended["started_date"] + timedelta(days=40)
    first = min(row["started_date"] for row in shop.subscriptions)
    shop.subscriptions.append(period(f"late {rng.random()}", "1", first - timedelta(days=3), None, "4.00"))


def test_increments_give_what_a_full_refresh_gives(warehouse: Warehouse) -> None:
    rng = random.Random(11)
    shop = made_at_random(7)
    warehouse.build(shop)
    for _ in range(2):
        change(shop, rng)
        warehouse.write(shop)
        warehouse.run()
        assert_marketing(warehouse, shop)
        assert_funnel(warehouse, shop)
        assert_inventory(warehouse, shop)
        assert_subscriptions(warehouse, shop)
        assert_weather(warehouse, shop)


def test_a_shop_that_delivers_neither_advertising_nor_inventory_has_empty_marts(warehouse: Warehouse) -> None:
    shop = hand_made()
    shop.ad_spend, shop.inventory = [], []
    warehouse.build(shop)
    for mart in ("mart_marketing_roas", "mart_inventory_status"):
        assert warehouse.rows(f"select * from marts.{mart}") == []
    statuses = warehouse.rows("select distinct stock_status, stock_on_hand from core.dim_products")
    assert statuses == [{"stock_status": "not_tracked", "stock_on_hand": None}]
