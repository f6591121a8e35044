"""What verify adds up of each delivery for the books is what raw comes to when it is added up whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from publish.reconciliation import DELIVERED_SALES, HAS_DELIVERED_SALES, SALES
from tests.load.conftest import Shop, item, order, payment

FREE = {"discount_amount": "25.00", "payments": []}
ORDERS = [
    order("A1"),
    order("A2", status="cancelled"),
    order("A3", payments=[payment("A3-1", status="failed")]),
    order("A4", **FREE),
    order("A5", items=[]),
    order(
        "A6", items=[item(1, unit_price="7.0050", discount_amount="0.50")], payments=[payment("A6-1", amount="6.51")]
    ),
]


def books(shop: Shop, query: str) -> list[Decimal]:
    with duckdb.connect() as con:
        con.execute(f"attach '{shop.paths.warehouse}' as warehouse (read_only)")
        return [Decimal(value) for value in con.execute(query).fetchall()[0]]


@pytest.fixture
def verified(shop: Shop) -> Shop:
    shop.land_masters()
    shop.land("orders", ORDERS, day=date(2026, 10, 30))
    shop.load()
    shop.verify()
    return shop


def test_a_delivery_is_added_up_once(verified: Shop) -> None:
    expected = ["6", "9", "5", "81.51", "3", "31.51", "57.01", "25.50"]
    assert books(verified, DELIVERED_SALES) == [Decimal(value) for value in expected]
    assert books(verified, SALES) == books(verified, DELIVERED_SALES)
    assert books(verified, HAS_DELIVERED_SALES) == [1]


def test_what_a_newer_version_replaces_is_taken_off(verified: Shop) -> None:
    newer = [order("A1", items=[item(1, unit_price="30.00")]), order("A6", status="cancelled"), order("A7")]
    verified.land("orders", newer, key="2026-10-31")
    verified.load()
    assert books(verified, HAS_DELIVERED_SALES) == [0], "the new delivery is not verified yet"
    verified.verify()
    lines = "select delivery_id, is_superseded, order_rows, order_count from audit.delivered_sales order by all"
    assert verified.rows(lines) == [
        ("orders/2026-10-31/0001", False, 3, 2),
        ("orders/2026-10/0001", False, 6, 3),
        ("orders/2026-10/0001", True, 2, 2),
    ]
    assert books(verified, SALES) == books(verified, DELIVERED_SALES)
    assert books(verified, SALES)[4:7] == [Decimal(3), Decimal(55), Decimal(80)]

    verified.land("orders", [*ORDERS[1:], order("A8")], day=date(2026, 10, 30))
    verified.load()
    verified.verify()
    assert books(verified, SALES) == books(verified, DELIVERED_SALES), "an attempt that counts no more is gone"
    assert books(verified, HAS_DELIVERED_SALES) == [1]
