"""changed_days: the days on which a current row came, went or changed, and no others."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.load.conftest import CUSTOMERS, DAY, PRODUCTS, Shop, item, order, payment

FIRST, SECOND, THIRD = (date(2026, 10, day) for day in (10, 20, 30))


def on(day: date, order_id: str, **changes: Any) -> dict[str, Any]:
    return order(order_id, order_at=f"{day}T12:00:00Z", **changes)


def returned(day: date, return_id: str, **changes: Any) -> dict[str, Any]:
    fields = {"order_id": "A", "line_number": 1, "product_id": "P1", "customer_id": "C1", "quantity": 1, "reason": None}
    return {"return_id": return_id, **fields, "refund_amount": "1", "returned_at": f"{day}T12:00:00Z", **changes}


def changed(shop: Shop) -> set[tuple[str, date]]:
    """What the newest change number has."""
    rows = shop.rows(
        "select table_name, changed_date from raw.changed_days where change_number = "
        "(select max(change_number) from raw.changed_days)"
    )
    assert len(rows) == len(set(rows))
    return set(rows)


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Three orders on three days and a return."""
    shop.land("customers", CUSTOMERS)
    shop.land("products", PRODUCTS, day=FIRST)
    shop.land("orders", [on(FIRST, "A"), on(SECOND, "B"), on(THIRD, "C", customer_id=None)])
    shop.land("returns", [returned(THIRD, "R")])
    shop.load()
    return shop


def test_new_deliveries_change_the_days_they_have(shop: Shop) -> None:
    shop.land("orders", [on(FIRST, "A"), on(SECOND, "B"), on(SECOND, "C")])
    shop.load()
    assert changed(shop) == {("orders", FIRST), ("orders", SECOND)}
    shop.land("returns", [returned(THIRD, "R")])
    shop.load()
    assert changed(shop) == {("returns", THIRD)}
    assert shop.rows("select distinct change_number, delivery_id from raw.changed_days order by all") == [
        (1, "orders/2026-10/0001"),
        (2, "returns/2026-10/0001"),
    ]


@pytest.mark.parametrize(
    ("orders", "days"),
    [
        ([on(FIRST, "A"), on(SECOND, "B"), on(THIRD, "C", customer_id=None), on(THIRD, "D")], {THIRD}),
        ([on(FIRST, "A"), on(SECOND, "B", status="cancelled"), on(THIRD, "C", customer_id=None)], {SECOND}),
        ([on(FIRST, "A"), on(SECOND, "B", items=[item(1)]), on(THIRD, "C", customer_id=None)], {SECOND}),
        ([on(FIRST, "A"), on(SECOND, "B", payments=[payment("x")]), on(THIRD, "C", customer_id=None)], {SECOND}),
        ([on(FIRST, "A"), on(THIRD, "B"), on(THIRD, "C", customer_id=None)], {SECOND, THIRD}),
        ([on(FIRST, "A"), on(THIRD, "C", customer_id=None)], {SECOND}),
        ([on(THIRD, "C", customer_id=None), on(SECOND, "B"), on(FIRST, "A")], set()),
    ],
    ids=["added", "status", "items", "payments", "moved", "gone", "only in another sequence"],
)
def test_a_replacement_changes_the_days_where_it_differs(sold: Shop, orders: list[Any], days: set[date]) -> None:
    before = sold.rows("select max(change_number) from raw.changed_days")
    sold.land("orders", orders)
    sold.load()
    newest = changed(sold) if sold.rows("select max(change_number) from raw.changed_days") != before else set()
    assert newest == {("orders", day) for day in days}


def test_a_newer_version_in_another_delivery_changes_both_its_days(sold: Shop) -> None:
    sold.land("orders", [on(SECOND, "A")], key="2026-11", day=date(2026, 11, 1))
    sold.load()
    assert changed(sold) == {("orders", FIRST), ("orders", SECOND)}


def test_an_older_version_changes_nothing(sold: Shop) -> None:
    before = sold.rows("from raw.changed_days")
    sold.land("orders", [on(FIRST, "B")], key="2026-09", day=date(2026, 9, 30))
    sold.load()
    assert sold.rows("from raw.changed_days") == before


def test_a_replaced_return_changes_both_its_days(sold: Shop) -> None:
    sold.land("returns", [returned(SECOND, "R")])
    sold.load()
    assert changed(sold) == {("returns", SECOND), ("returns", THIRD)}


def test_another_customer_of_an_order_changes_the_days_of_its_returns_that_name_none(sold: Shop) -> None:
    sold.land("returns", [returned(THIRD, "R"), returned(SECOND, "S", customer_id=None)])
    sold.land("returns", [returned(DAY, "T", customer_id=None, order_id="D")], key="later")
    sold.load()
    sold.land("orders", [on(FIRST, "A", customer_id=None), on(SECOND, "B"), on(THIRD, "C", customer_id=None)])
    sold.load()
    assert changed(sold) == {("orders", FIRST), ("returns", SECOND)}
    sold.land("orders", [on(FIRST, "D")], key="D")
    sold.load()
    assert changed(sold) == {("orders", FIRST), ("returns", DAY)}


def test_a_changed_customer_changes_the_days_from_then_on(sold: Shop) -> None:
    moved = [{**CUSTOMERS[0], "country": "DE"}]
    sold.land("customers", moved, key="2026-10-20", day=SECOND)
    sold.load()
    # No customer was known before this one, so it holds for all days before it too.
    assert changed(sold) == {("orders", FIRST), ("orders", SECOND), ("returns", THIRD)}
    sold.land("customers", [{**CUSTOMERS[0], "country": "FR"}], key="2026-10-25", day=date(2026, 10, 25))
    sold.load()
    assert changed(sold) == {("returns", THIRD)}


def test_a_changed_product_changes_the_days_from_then_on(sold: Shop) -> None:
    sold.land("products", [{**PRODUCTS[0], "category": "other"}], key="2026-10-20", day=SECOND)
    sold.load()
    assert changed(sold) == {("orders", SECOND), ("orders", THIRD), ("returns", THIRD)}


def test_a_product_known_earlier_than_any_changes_every_day(sold: Shop) -> None:
    sold.land("products", [{**PRODUCTS[0], "category": "other"}], key="2026-10-01", day=date(2026, 10, 1))
    sold.load()
    assert changed(sold) == {("orders", FIRST), ("orders", SECOND), ("orders", THIRD), ("returns", THIRD)}


def test_customers_and_products_delivered_again_change_nothing(sold: Shop) -> None:
    before = sold.rows("from raw.changed_days")
    sold.land("customers", CUSTOMERS, key="2026-11-01", day=date(2026, 11, 1))
    sold.land("products", PRODUCTS, key="2026-11-01", day=date(2026, 11, 1), origin="last_answer")
    sold.load()
    assert sold.rows("from raw.changed_days") == before


def test_a_corrected_customer_changes_the_days_from_the_corrected_one_on(sold: Shop) -> None:
    sold.land("customers", [{**CUSTOMERS[0], "country": "DE"}], day=DAY)
    sold.load()
    assert changed(sold) == {("orders", FIRST), ("orders", SECOND), ("returns", THIRD)}


def test_masters_that_come_after_the_sales_change_their_days(shop: Shop) -> None:
    shop.land("orders", [on(FIRST, "A"), on(SECOND, "B")])
    shop.load()
    shop.land("customers", CUSTOMERS)
    shop.load()
    assert changed(shop) == {("orders", FIRST), ("orders", SECOND)}
    shop.land("products", PRODUCTS)
    shop.load()
    assert changed(shop) == {("orders", FIRST), ("orders", SECOND)}
