"""Recurring revenue: every cell against an independent reckoning, and increments of it."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.dbt import oracle_subscriptions
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import Shop, hand_made, made_at_random
from tests.dbt.source_rows import period
from tests.dbt.test_figures import assert_equal_rows

pytestmark = pytest.mark.xdist_group("dbt subscriptions")


def assert_subscriptions(warehouse: Warehouse, shop: Shop) -> None:
    """The subscription tables are what the oracle says."""
    found = warehouse.rows("select * exclude (change_number) from core.fct_subscriptions")
    assert_equal_rows(found, oracle_subscriptions.subscriptions(shop), ("subscription_id", "started_date"))
    found = warehouse.rows("select * from marts.mart_subscriptions")
    expected = oracle_subscriptions.subscription_months(shop)
    assert_equal_rows(found, expected, ("month_start_date",))
    assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]]


@pytest.mark.parametrize(
    "shop",
    [hand_made(), made_at_random(6), made_at_random(8), Shop()],
    ids=["hand-made", "random", "other", "no subscriptions"],
)
def test_every_cell_of_subscriptions(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.write(shop)
    warehouse.run("--select", "+mart_subscriptions")
    assert_subscriptions(warehouse, shop)


def test_late_and_corrected_periods_give_what_a_full_refresh_gives(warehouse: Warehouse) -> None:
    rng = random.Random(19)
    shop = made_at_random(19)
    warehouse.write(shop)
    warehouse.run("--select", "+mart_subscriptions")
    shop.subscriptions.pop(rng.randrange(len(shop.subscriptions)))
    corrected = rng.choice(shop.subscriptions)
    corrected["monthly_amount"] += Decimal("5.01")
    ended = rng.choice([row for row in shop.subscriptions if row["ended_date"] is None])
    ended["ended_date"] = ended["started_date"] + timedelta(days=40)
    late = min(row["started_date"] for row in shop.subscriptions) - timedelta(days=3)
    shop.subscriptions.append(period("late", "1", late, None, "4.00"))
    warehouse.write(shop)
    warehouse.run("--select", "+mart_subscriptions")
    assert_subscriptions(warehouse, shop)
