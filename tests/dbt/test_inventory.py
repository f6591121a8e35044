"""Stock and how long it lasts: every cell against an independent reckoning, and increments of it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.dbt import oracle_inventory
from tests.dbt.conftest import SIGNATURES, Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.shops import Shop, hand_made, made_at_random
from tests.dbt.source_rows import stock
from tests.dbt.test_figures import assert_equal_rows

pytestmark = pytest.mark.xdist_group("dbt inventory")


def assert_inventory(warehouse: Warehouse, shop: Shop) -> None:
    """The inventory tables and the stock in dim_products are what the oracle says."""
    oracle = Oracle(shop)
    found = warehouse.rows("select * exclude (change_number) from core.fct_inventory_daily")
    assert_equal_rows(found, oracle_inventory.inventory_daily(shop), ("stock_date", "product_id"))
    found = warehouse.rows("select * from marts.mart_inventory_status")
    expected = oracle_inventory.inventory_status(shop, oracle)
    for row in expected:
        row["days_of_cover"] = pytest.approx(row["days_of_cover"], rel=1e-12)
    assert_equal_rows(found, expected, ("product_id",))
    assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]]
    assert_equal_rows(warehouse.rows("select * from core.dim_products"), oracle.products(), ("product_id",))


@pytest.mark.parametrize("shop", [hand_made(), made_at_random(3)], ids=["hand-made", "random"])
def test_every_cell_of_inventory(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.write(shop)
    warehouse.run("--select", "+mart_inventory_status")
    assert_inventory(warehouse, shop)


def test_a_shop_that_delivers_no_inventory_has_an_empty_mart(warehouse: Warehouse) -> None:
    shop = hand_made()
    shop.inventory = []
    warehouse.write(shop)
    warehouse.run("--select", "+mart_inventory_status")
    assert warehouse.rows("select * from marts.mart_inventory_status") == []
    statuses = warehouse.rows("select distinct stock_status, stock_on_hand from core.dim_products")
    assert statuses == [{"stock_status": "not_tracked", "stock_on_hand": None}]


def test_late_and_corrected_stock_gives_what_a_full_refresh_gives(warehouse: Warehouse) -> None:
    rng = random.Random(13)
    shop = made_at_random(13)
    warehouse.write(shop)
    warehouse.run("--select", "+mart_inventory_status")
    shop.inventory.pop(rng.randrange(len(shop.inventory)))
    corrected = rng.choice(shop.inventory)
    corrected["stock_on_hand"] = 0
    late = max(row["stock_date"] for row in shop.inventory) + timedelta(days=3)
    shop.inventory.append(stock(late, "new", 3, 3))
    warehouse.write(shop)
    warehouse.run("--select", *SIGNATURES, "fct_inventory_daily", "dim_products", "mart_inventory_status")
    assert_inventory(warehouse, shop)
