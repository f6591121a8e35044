"""Advertising and what came of it: every cell against an independent reckoning, and increments of it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.dbt import oracle_marketing
from tests.dbt.conftest import SIGNATURES, Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.shops import Shop, hand_made, made_at_random
from tests.dbt.test_figures import assert_equal_rows

pytestmark = pytest.mark.xdist_group("dbt marketing")


def assert_marketing(warehouse: Warehouse, shop: Shop) -> None:
    """The marketing tables are what the oracle says, ratios to the last digit that a double can tell."""
    found = warehouse.rows("select * exclude (change_number) from core.fct_ad_spend")
    assert_equal_rows(found, oracle_marketing.ad_spend(shop), ("spend_date", "channel", "campaign"))
    found = warehouse.rows("select * from marts.mart_marketing_roas")
    expected = oracle_marketing.marketing_roas(shop, Oracle(shop))
    for row in expected:
        row["return_on_ad_spend"] = pytest.approx(row["return_on_ad_spend"], rel=1e-12)
    assert_equal_rows(found, expected, ("month_start_date", "channel"))
    assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]]


@pytest.mark.parametrize("shop", [hand_made(), made_at_random(1)], ids=["hand-made", "random"])
def test_every_cell_of_marketing(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    assert_marketing(warehouse, shop)


def test_only_the_days_that_changed_are_computed_again(warehouse: Warehouse) -> None:
    shop = hand_made()
    warehouse.build(shop)
    warehouse.execute("update core.fct_ad_spend set campaign = 'as it was'")
    next(row for row in shop.ad_spend if row["spend_date"] == date(2028, 2, 29))["clicks"] = 77
    warehouse.write(shop)
    warehouse.run("--select", *SIGNATURES, "fct_ad_spend")
    computed = warehouse.rows("select distinct spend_date from core.fct_ad_spend where campaign <> 'as it was'")
    assert computed == [{"spend_date": date(2028, 2, 29)}]


def assert_funnel(warehouse: Warehouse, shop: Shop) -> None:
    """The events and the funnel are what the oracle says."""
    found = warehouse.rows("select * exclude (change_number) from core.fct_events")
    keys = ("event_date", "channel", "product_id", "event_type")
    assert_equal_rows(found, oracle_marketing.events(shop), keys)
    found, expected = warehouse.rows("select * from marts.mart_funnel"), oracle_marketing.funnel(shop)
    assert_equal_rows(found, expected, ("event_date", "channel"))
    assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]]


@pytest.mark.parametrize("shop", [hand_made(), made_at_random(1), Shop()], ids=["hand-made", "random", "no events"])
def test_every_cell_of_the_funnel(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    assert_funnel(warehouse, shop)
