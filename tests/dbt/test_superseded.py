"""int_superseded: kept by increments it is what verify finds of all deliveries, without the models."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from load.raw_views import NATURAL_KEYS, Origins, superseded_versions
from load.raw_views import TABLES as RAW_TABLES
from tests.dbt.conftest import CLIENT, Warehouse
from tests.dbt.shops import Row, Shop

pytestmark = pytest.mark.xdist_group("dbt increments")
FIRST = date(2028, 1, 1)
# The tables that a delivery of each dataset fills.
TABLES = {
    "orders": ("orders", "order_items", "payments"),
    "order_lines": ("order_lines",),
    **{name: (name,) for name in ("order_items", "payments", "customers", "refunds", "inventory", "ad_spend")},
    **{name: (name,) for name in ("discount_codes", "tax_lines", "balance_transactions", "shipping_costs")},
}


def row_of(table: str, number: int) -> Row:
    """A record by its number; of stock, a day of one product; of advertising, names that slashes would run together."""
    if table == "ad_spend":
        channel, campaign = (("a/b", "c"), ("a", "b/c"), ("a", "b"), ("a/b/c", "c"))[number]
        return {"spend_date": FIRST, "channel": channel, "campaign": campaign}
    if table == "inventory":
        return {"product_id": "p", "stock_date": FIRST + timedelta(days=number)}
    keys = NATURAL_KEYS.get(table, ("order_id",))
    ids: Row = {name: 1 if name == "line_number" else str(number) for name in keys}
    return ids | ({"order_id": str(number)} if table == "payments" else {})


def deliver(shop: Shop, rng: random.Random) -> None:
    """A delivery of some records or none: new, late, or in place of an attempt of before."""
    dataset = rng.choice([*TABLES])
    place = f"{dataset}/{rng.randrange(3)}/"
    before = [name for name in shop.logical_dates if name.startswith(place)]
    delivery = f"{place}{int(max(before, default='/0').rpartition('/')[2]) + 1:04d}"
    for replaced in before:
        del shop.logical_dates[replaced]
    shop.logical_dates[delivery] = FIRST + timedelta(days=rng.randrange(3))
    numbers = rng.sample(range(4), k=rng.randrange(5))
    for table in TABLES[dataset]:
        kept = [row for row in getattr(shop, table) if not row["_delivery_id"].startswith(place)]
        setattr(shop, table, kept + [row_of(table, number) | {"_delivery_id": delivery} for number in numbers])


def test_increments_are_what_verify_finds_without_them(warehouse: Warehouse) -> None:
    rng, shop = random.Random(20261031), Shop()
    shop.client[0]["time_zone"] = "UTC"
    several = Origins(("first", "second"), ("third", "fourth"))
    queries = superseded_versions(CLIENT, dict.fromkeys(RAW_TABLES, several))
    found = " union all ".join(f"select '{kind}' as kind, * from ({query})" for kind, query in queries.items())
    sizes = []
    for deliveries in (50, 1, 2, 4, 0, 9):
        for _ in range(deliveries):
            deliver(shop, rng)
        warehouse.write(shop)
        warehouse.run("--select", "+int_superseded")
        expected = warehouse.rows(f"select kind, key, _delivery_id from ({found}) order by all")
        rows = warehouse.rows(
            "select record_kind as kind, record_key as key, delivery_id as _delivery_id "
            "from intermediate.int_superseded order by all"
        )
        assert rows == expected
        sizes.append(len(rows))
    assert min(sizes) > 5
    assert len({*sizes}) > 2
