"""Recurring revenue: every cell against an independent reckoning, and increments of it."""

from __future__ import annotations

import pytest

from tests.dbt import oracle_subscriptions
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import Shop, hand_made, made_at_random
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
    [hand_made(), made_at_random(1), made_at_random(2), Shop()],
    ids=["hand-made", "random", "other", "no subscriptions"],
)
def test_every_cell_of_subscriptions(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    assert_subscriptions(warehouse, shop)
