"""Orders, items, returns, customers and products of lines, by the client file's rules; and what does not count."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from publish.uncounted_lines import uncounted_lines
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import Row, Shop
from tests.warehouse_files import opened

pytestmark = pytest.mark.xdist_group("dbt increments")
RULES = [
    {"type": "adjustment", "reason": "bad debt", "when": "starts_with(order_id, 'A')"},
    {"type": "return", "reason": "cancelled", "when": "starts_with(order_id, 'C')"},
    {"type": "adjustment", "reason": "write-off", "when": "quantity < 0"},
]
MODELS = ("+stg_transactions", "+stg_refunds", "+stg_customers", "+stg_products", "+int_uncounted_lines")
FIRST, SECOND = date(2028, 3, 1), date(2028, 3, 2)


def shop_of_lines() -> Shop:
    shop = Shop()
    shop.client = [
        {
            "client": "demo",
            "business_date": date(2028, 12, 31),
            "time_zone": "Europe/Berlin",
            "has_payments": False,
            "has_customers": False,
            "has_products": False,
            "line_rules": json.dumps(RULES),
            "product_rules": json.dumps([{"type": "shipping", "pattern": "POST|DOT"}]),
        }
    ]
    return shop


def deliver(shop: Shop, key: str, day: date, *lines: str) -> None:
    """A file of lines ``order product quantity price customer country``, in place of the attempt before."""
    place = f"order_lines/{key}/"
    before = [name for name in shop.logical_dates if name.startswith(place)]
    for name in before:
        del shop.logical_dates[name]
    shop.order_lines = [row for row in shop.order_lines if row["_delivery_id"] not in before]
    delivery = f"{place}{len(before) + 1:04d}"
    shop.logical_dates[delivery] = day
    for number, line in enumerate(lines, start=1):
        order, product, quantity, price, customer, country = line.split()
        row: Row = {"order_id": order, "product_id": product, "quantity": int(quantity), "unit_price": Decimal(price)}
        row |= {"customer_id": customer, "country": country, "description": f"{product} {key}", "status": "completed"}
        row |= {"order_at": datetime.combine(FIRST, time(12, number)), "_line": number, "_delivery_id": delivery}
        shop.order_lines.append(row)


def counted(warehouse: Warehouse) -> list[tuple[str, ...]]:
    sales = "select 'sale' as type, order_id || '-' || line_number as id, product_id from staging.stg_transactions"
    returns = "select 'return' as type, refund_id as id, product_id from staging.stg_refunds"
    return [tuple(row.values()) for row in warehouse.rows(f"{sales} union all {returns} order by all")]


def told(warehouse: Warehouse) -> tuple[str, ...]:
    with opened(warehouse.paths) as connection:
        return uncounted_lines(connection)


def test_lines_count_by_their_rules_and_a_newer_file_replaces_whole_invoices(warehouse: Warehouse) -> None:
    shop = shop_of_lines()
    deliver(
        shop, "a.csv", FIRST,
        "1 mug 1 1.50 7 DE", "1 pot -1 9 7 DE", "C2 mug -1 1.50 7 DE", "C2 pot -1 9 8 FR", "3 POST 1 1.50 7 IT",
        "A9 debt 1 -100.50 9 US",
    )  # fmt: skip
    warehouse.write(shop)
    warehouse.run("--select", *MODELS)
    assert counted(warehouse) == [
        ("return", "C2-2028-03-01-1", "mug"), ("return", "C2-2028-03-01-2", "pot"), ("sale", "1-1", "mug"),
    ]  # fmt: skip
    assert warehouse.rows("select customer_id, country from staging.stg_customers order by all") == [
        {"customer_id": "7", "country": "IT"}, {"customer_id": "8", "country": "FR"},
        {"customer_id": "9", "country": "US"},
    ]  # fmt: skip
    assert warehouse.rows("select product_id, product_type from staging.stg_products order by all") == [
        {"product_id": "POST", "product_type": "shipping"},
        *({"product_id": product, "product_type": "product"} for product in ("debt", "mug", "pot")),
    ]
    assert warehouse.rows("select distinct customer_id, order_date from staging.stg_orders") == [
        {"customer_id": "7", "order_date": FIRST}
    ]
    assert told(warehouse) == ()
    # The next day's file has the invoices again, each with fewer kinds of lines.
    deliver(shop, "b.csv", SECOND, "1 mug 2 1.50 7 DE", "C2 pot -1 9 7 DE", "3 POST -1 1.50 7 IT")
    warehouse.write(shop)
    warehouse.run("--select", *MODELS)
    newer = [("return", "C2-2028-03-01-1", "pot"), ("sale", "1-1", "mug")]
    assert counted(warehouse) == newer
    (warning,) = told(warehouse)
    assert warning == (
        "lines that are not counted: "
        "order_lines/b.csv/0001: 2 lines are not counted, because a newer file has their orders without them, for "
        "example order 1: product pot is in order_lines/a.csv/0001, but not in order_lines/b.csv/0001. If b.csv does "
        "not correct the order but goes on with it, put all its lines into b.csv and run extract and load again"
    )
    # An older file that comes late changes nothing; a correction that leaves the invoices out gives them back.
    deliver(shop, "c.csv", date(2028, 2, 1), "C2 jug -1 5 7 DE")
    warehouse.write(shop)
    warehouse.run("--select", *MODELS)
    assert counted(warehouse) == newer
    deliver(shop, "b.csv", SECOND, "9 mug 1 1.50 7 DE")
    warehouse.write(shop)
    warehouse.run("--select", *MODELS)
    assert counted(warehouse) == [
        ("return", "C2-2028-03-01-1", "mug"), ("return", "C2-2028-03-01-2", "pot"), ("sale", "1-1", "mug"),
        ("sale", "9-1", "mug"),
    ]  # fmt: skip
    assert warehouse.rows("select title from staging.stg_products where product_id = 'mug'") == [{"title": "mug b.csv"}]
