"""Stock and how long it lasts: every cell against an independent reckoning, and increments of it."""

from __future__ import annotations

import pytest

from tests.dbt import oracle_inventory
from tests.dbt.conftest import Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.shops import Shop, hand_made, made_at_random
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


@pytest.mark.parametrize("shop", [hand_made(), made_at_random(1)], ids=["hand-made", "random"])
def test_every_cell_of_inventory(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    assert_inventory(warehouse, shop)
