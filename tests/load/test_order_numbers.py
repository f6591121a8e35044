"""Numbers that are used again: by another order in another file, on several days of one file, by another payment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from load.errors import LoadError
from tests.load.conftest import Make, Shop
from tests.load.test_shop_files import files, shop_of_payments

LINES = {
    "order_id": "order",
    "product_id": "sku",
    "quantity": "qty",
    "order_at": "at",
    "unit_price": "price",
    "customer_id": "customer",
}
RETURNS = [{"type": "return", "reason": "returned", "when": "quantity < 0"}]
KEY = {"sql": 'left("at", 4) || \'-\' || "order"'}


def shop_of(make_shop: Make, columns: dict[str, Any] | None = None, **options: Any) -> Shop:
    return make_shop({"order_lines": files({**LINES, **(columns or {})}, **options)})


def land(shop: Shop, name: str, *rows: str, day: date = date(2026, 10, 31)) -> None:
    text = "\n".join(["order,sku,qty,at,price,customer", *rows, ""])
    shop.land("order_lines", text, key=name, file=name, count=len(rows), day=day)


def test_two_orders_of_one_number_in_two_files_stop_and_are_named(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    land(shop, "lines_2025.csv", "1,MUG,1,2025-10-10T10:00:00,10.00,", "2,MUG,1,2025-10-11T10:00:00,15.00,")
    land(shop, "lines_2026.csv", "1,MUG,1,2026-10-10T10:00:00,20.00,")
    with pytest.raises(LoadError) as error:
        shop.load()
    for part in (
        "1 order numbers that are used again: order 1 in lines_2025.csv line 2 (2025-10-10, 10.00 EUR) and in ",
        "lines_2026.csv line 2 (2026-10-10, 20.00 EUR)",
        'columns: {order_id: {sql: "left(\\"at\\", 4) || \'-\' || \\"order\\""}}',
    ):
        assert part in str(error.value)
    assert shop.rows("select * from raw.order_lines") == []


def test_a_key_by_expression_solves_it(make_shop: Make) -> None:
    shop = shop_of(make_shop, {"order_id": KEY})
    land(shop, "lines_2025.csv", "1,MUG,1,2025-10-10T10:00:00,10.00,")
    land(shop, "lines_2026.csv", "1,MUG,1,2026-10-10T10:00:00,20.00,")
    shop.load()
    assert shop.rows("select count(*) from raw.order_lines where is_current") == [(2,)]
    shop.verify()


@pytest.mark.parametrize(
    ("older", "newer", "is_used_again"),
    [
        (
            ["1,MUG,1,2026-10-10T10:00,10,c1", "1,PEN,1,2026-10-10T10:00,5,c1"],
            ["1,MUG,1,2026-10-10T10:00,10,c1"],
            False,
        ),
        (["1,MUG,1,2026-10-10T10:00,10,"], ["1,MUG,1,2026-10-10T10:00,10,c1"], False),
        (["1,MUG,1,2026-10-10T10:00,10,c1"], ["1,MUG,1,2026-10-10T10:01,10,c1"], True),
        (["1,MUG,1,2026-10-10T10:00,10,c1"], ["1,MUG,1,2026-10-10T10:00,10,c2"], True),
        (["1,MUG,1,2026-10-10,10,c1"], ["1,MUG,-1,2026-10-10,10,c1"], False),
        (["1,MUG,1,2026-10-10,10,c1"], ["1,MUG,-1,2026-10-20,10,c1"], False),
        (["1,MUG,1,2026-10-10,10,c1"], ["2,MUG,1,2026-10-20,10,c1"], False),
    ],
)
def test_a_newer_version_has_the_moment_and_the_customer(
    make_shop: Make, older: list[str], newer: list[str], *, is_used_again: bool
) -> None:
    shop = shop_of(make_shop, line_rules=RETURNS)
    land(shop, "a_01.csv", *older, day=date(2026, 10, 30))
    shop.load()
    land(shop, "a_02.csv", *newer)
    if is_used_again:
        with pytest.raises(LoadError, match="used again: order 1 in a_01"):
            shop.load()
        return
    shop.load()
    shop.verify()


def test_orders_of_a_file_of_their_own_too(make_shop: Make) -> None:
    shop = make_shop({"orders": files({"order_id": "id", "order_at": "at", "status": "s"})})
    shop.land("orders", "id,at,s\n1,2026-10-10,placed\n", key="a.csv", file="a.csv", count=1, day=date(2026, 10, 30))
    shop.land("orders", "id,at,s\n1,2026-10-10,shipped\n", key="b.csv", file="b.csv", count=1)
    shop.load()
    shop.land("orders", "id,at,s\n1,2026-10-12,placed\n", key="c.csv", file="c.csv", count=1)
    with pytest.raises(LoadError, match=r"sources\.orders has 2 order numbers"):
        shop.load()


SEVERAL_DAYS = (
    "1,MUG,1,2026-09-10T10:00,10,c1",
    "1,PEN,1,2026-10-11T10:00,5,c1",
    "1,MUG,-1,2026-10-20T10:00,10,c1",
    "2,MUG,1,2026-10-11T10:00,1,c1",
    "2,MUG,-1,2026-10-12T10:00,1,c1",
)


def test_sale_lines_of_several_days_stop(make_shop: Make) -> None:
    shop = shop_of(make_shop, line_rules=RETURNS)
    land(shop, "lines.csv", *SEVERAL_DAYS)
    with pytest.raises(LoadError) as error:
        shop.load()
    assert "sale lines of 1 order numbers are of several days: order 1 in line 2 (2026-09-10, 10.00)" in str(
        error.value
    )
    assert "and line 3 (2026-10-11, 5.00)" in str(error.value)
    assert "orders_over_days: one_order" in str(error.value)


@pytest.mark.parametrize(
    ("said", "orders"),
    [
        ("one_order", [("1", date(2026, 9, 10)), ("2", date(2026, 10, 11))]),
        (
            "one_a_day",
            [
                ("1/2026-09-10", date(2026, 9, 10)),
                ("1/2026-10-11", date(2026, 10, 11)),
                ("2/2026-10-11", date(2026, 10, 11)),
            ],
        ),
    ],
)
def test_what_several_days_are_is_said(make_shop: Make, said: str, orders: list[tuple[str, date]]) -> None:
    shop = shop_of(make_shop, line_rules=RETURNS, orders_over_days=said)
    land(shop, "lines.csv", *SEVERAL_DAYS)
    shop.load()
    found = "select order_id, min(order_date) from raw.current_lines where type = 'sale' group by 1 order by 1"
    assert shop.rows(found) == orders
    returned = shop.rows("select order_id from raw.current_lines where type = 'return' order by 1")
    assert returned == [(orders[-2][0],), (orders[-1][0],)]
    shop.verify()


def test_one_payment_number_for_two_payments_is_refused(make_shop: Make) -> None:
    shop = shop_of_payments(make_shop)
    shop.land("payments", "id,order,amount\n1,P1,20.00\n1,P2,30.00\n2,P2,1\n", file="p.csv", count=3)
    with pytest.raises(LoadError) as error:
        shop.load()
    assert "payment_id 1 in line 2 (order P1, 20.00) and line 3 (order P2, 30.00)" in str(error.value)
    assert "columns: {payment_id: {sql: \"order || '-' || id\"}}" in str(error.value)


def test_one_payment_delivered_twice_counts_once(make_shop: Make) -> None:
    shop = shop_of_payments(make_shop)
    shop.land("payments", "id,order,amount\n1,P1,20.00\n1,P1,20.00\n", file="p.csv", count=2)
    shop.load()
    assert shop.rows("select amount from raw.payments") == [(Decimal(20),)]
