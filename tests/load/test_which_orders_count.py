"""Which orders count is what the client file says; what raw alone cannot tell stops the run."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from contracts.client_file import Client
from load.verify_database import VerificationError
from publish.reconciliation import HAS_DELIVERED_SALES, OTHERS, SALES
from tests.load.conftest import Make, Shop, order, payment
from tests.load.test_shop_files import files

LINES = {"order_id": "order", "product_id": "sku", "quantity": "qty", "order_at": "at", "unit_price": "price"}
ORDERED, CANCELLED = "2026-10-28T10:00:00", "2026-10-29T10:00:00"
ORDERS = [
    order("paid"),
    order("cancelled", cancelled_at="2026-10-30T18:00:00Z"),
    order("unpaid", payments=[payment("unpaid-1", status="failed")]),
    order("cancelled and unpaid", status="cancelled", cancelled_at="2026-10-31T18:00:00Z", payments=[]),
]


def loaded(make_shop: Make, **settings: Any) -> Shop:
    shop = make_shop(**settings)
    shop.land_masters()
    shop.land("orders", ORDERS)
    shop.load()
    shop.verify()
    return shop


def books(shop: Shop, query: str) -> tuple[Any, ...]:
    with duckdb.connect() as con:
        con.execute(f"attach '{shop.paths.warehouse}' as warehouse (read_only)")
        row: tuple[Any, ...] = con.execute(query).fetchall()[0]
        return row


@pytest.mark.parametrize(
    ("settings", "orders"),
    [
        ({}, 1),
        ({"count_orders": "paid"}, 1),
        ({"count_orders": "placed"}, 2),
        ({"cancelled": "reversed"}, 2),
        ({"count_orders": "placed", "cancelled": "reversed"}, 4),
    ],
)
def test_the_books_of_raw_count_what_the_client_file_says(
    make_shop: Make, settings: dict[str, str], orders: int
) -> None:
    shop = loaded(make_shop, **settings)
    count, total = books(shop, SALES)[4:6]
    assert (count, total) == (orders, orders * Decimal("25.00"))
    assert books(shop, HAS_DELIVERED_SALES) == (False,)  # the sums of verify know no cancellation by its day


def test_orders_of_every_setting_are_added_up_in_whole_deliveries_only_as_usual(make_shop: Make) -> None:
    usual, placed = make_shop(), make_shop(count_orders="placed")
    usual.land_masters()
    usual.land("orders", [order("paid"), ORDERS[2]])
    usual.load()
    usual.verify()
    assert (books(usual, HAS_DELIVERED_SALES), books(usual, SALES)[4]) == ((True,), 1)
    placed.load()
    placed.verify()
    assert (books(placed, HAS_DELIVERED_SALES), books(placed, SALES)[4]) == ((False,), 2)


def test_a_cancellation_is_a_refund_without_money_where_it_takes_the_order_back(make_shop: Make) -> None:
    assert books(loaded(make_shop), OTHERS)[:2] == (0, 0)
    shop = loaded(make_shop, cancelled="reversed")
    assert books(shop, OTHERS)[:2] == (2, 0)
    days = "select order_id, refunded_date, refund_amount from raw.current_refunds order by 2"
    assert shop.rows(days) == [
        ("cancelled", date(2026, 10, 30), 0),
        ("cancelled and unpaid", date(2026, 10, 31), 0),
    ]


def test_an_order_with_a_day_of_cancellation_is_cancelled_whatever_its_status(make_shop: Make) -> None:
    shop = loaded(make_shop)
    assert shop.rows("select order_id, status, cancelled_date from raw.current_orders order by 1") == [
        ("cancelled", "cancelled", date(2026, 10, 30)),
        ("cancelled and unpaid", "cancelled", date(2026, 10, 31)),
        ("paid", "completed", None),
        ("unpaid", "completed", None),
    ]


def test_a_flat_file_says_it_in_its_lines(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(LINES | {"cancelled_at": "gone"})})
    rows = f"order,sku,qty,at,price,gone\n1,a,1,{ORDERED},5,\n1,b,1,{ORDERED},5,{CANCELLED}\n2,a,1,{ORDERED},5,\n"
    shop.land("order_lines", rows, file="lines.csv", count=3)
    shop.load()
    assert shop.rows("select order_id, status, cancelled_date from raw.current_orders order by 1") == [
        ("1", "cancelled", date(2026, 10, 29)),
        ("2", "completed", None),
    ]


@pytest.mark.parametrize(("cancelled_at", "found"), [(None, "none"), ("2026-10-29T18:00:00Z", "2026-10-29")])
def test_a_cancellation_needs_its_day_where_the_order_counts_until_then(
    make_shop: Make, cancelled_at: str | None, found: str
) -> None:
    shop = make_shop(cancelled="reversed")
    shop.land_masters()
    shop.land("orders", [order("A1", status="cancelled", cancelled_at=cancelled_at), order("A2")])
    shop.load()
    with pytest.raises(
        VerificationError,
        match=rf"cancelled: reversed.*1 without such a day, for example order A1 of 2026-10-30: {found}; map "
        r"cancelled_at, or say cancelled: excluded",
    ):
        shop.verify()
    make_shop().load()
    make_shop().verify()  # excluded


def test_paid_orders_alone_need_payments() -> None:
    said = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "UTC"}
    sources = {"order_lines": files(LINES)}
    with pytest.raises(ValidationError, match="count_orders is paid, and no payments are delivered"):
        Client.model_validate({**said, "sources": sources, "count_orders": "paid"})
    assert Client.model_validate({**said, "sources": sources, "count_orders": "placed"}).count_orders == "placed"


@pytest.mark.parametrize("day", ["processed", "paid", "completed"])
def test_an_order_counts_on_the_day_that_the_client_file_says(make_shop: Make, day: str) -> None:
    shop = make_shop(order_day=day, time_zone="Europe/Berlin")
    shop.land_masters()
    late = {f"{name}_at": "2026-10-29T12:00:00Z" for name in ("processed", "paid", "completed")}
    shop.land(
        "orders",
        [
            order("A1", order_at="2026-10-28T10:00:00Z", **late | {f"{day}_at": "2026-10-29T23:30:00Z"}),
            order("A2", order_at="2026-10-28T10:00:00Z", **late | {f"{day}_at": None}),
        ],
    )
    shop.load()
    shop.verify()
    found = shop.rows("select order_id, order_date from raw.current_orders")
    assert found == [("A1", date(2026, 10, 30))]
    assert shop.rows("select distinct order_id, order_date from raw.transactions order by 1") == [
        ("A1", date(2026, 10, 30)),
        ("A2", None),
    ]
    count, total = books(shop, SALES)[4:6]
    assert (count, total) == (1, Decimal("25.00"))


def test_lines_say_the_day_of_their_order(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(LINES | {"paid_at": "paid"})}, order_day="paid")
    rows = [f"1,a,1,{ORDERED},10,", f"1,b,1,{ORDERED},5,{CANCELLED}", f"2,a,1,{ORDERED},10,"]
    shop.land("order_lines", "\n".join(["order,sku,qty,at,price,paid", *rows]) + "\n", file="l.csv", count=3)
    shop.load()
    shop.verify()
    assert shop.rows("select order_id, order_date from raw.current_orders") == [("1", date(2026, 10, 29))]
    assert shop.rows("select order_id, sum(total) from raw.order_totals group by 1") == [("1", Decimal("15.00"))]


def test_a_refund_waits_with_its_order(make_shop: Make) -> None:
    shop = make_shop({"orders": {"kind": "demo"}, "refunds": {"kind": "demo"}}, order_day="paid")
    shop.land("orders", [order("A1", paid_at="2026-10-30T18:00:00Z"), order("A2")])
    shop.land(
        "refunds",
        [
            {"refund_id": name, "order_id": name, "refund_amount": "5.00", "refunded_at": "2026-10-31T10:00:00Z"}
            for name in ("A1", "A2", "older")
        ],
    )
    shop.load()
    assert shop.rows("select order_id from raw.current_refunds order by 1") == [("A1",), ("older",)]


def test_a_day_that_nobody_delivers_is_asked_about(make_shop: Make) -> None:
    with pytest.raises(ValidationError, match=r"order_day is paid, and sources\.order_lines does not map paid_at"):
        make_shop({"order_lines": files(LINES)}, order_day="paid")
