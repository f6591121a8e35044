"""Refunds: what they are of follows their order and the refunds before them, by increments as by a full refresh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from tests.dbt.conftest import SIGNATURES, Warehouse
from tests.dbt.shops import Shop
from tests.dbt.test_figures import assert_facts

pytestmark = pytest.mark.xdist_group("dbt increments")
SOLD, FIRST, SECOND, THIRD = (date(2028, 3, day) for day in (1, 10, 20, 30))
INCREMENT = ("int_refund_amounts", "int_refunds", "fct_orders", "fct_transactions", "fct_payments", "fct_refunds")
EXTRA = (
    *("fct_returns", "fct_balance_transactions", "int_later_contributions", "fct_contributions"),
    *("int_channel_days", "int_daily_sales", "dim_date", "mart_daily_sales"),
)


def refunded() -> Shop:
    """An order of 20.00, tax and postage with three refunds, each on a day of its own, and another order's."""
    shop = Shop()
    shop.client[0]["has_payments"] = False
    charges = {"tax_amount": Decimal("4.00"), "shipping_amount": Decimal("5.00")}
    shop.add_order("A", SOLD, "1", items=[("1", 2, "5", "0"), ("2", 1, "10", "0")], **charges)
    shop.add_order("B", SOLD, "1", items=[("1", 2, "5", "0")])
    shop.add_return("R", FIRST, "1", "6.00", order_id="A")
    for refund_id, day, amount in (("S", SECOND, "7.00"), ("T", THIRD, "20.00")):
        row = {"refund_id": refund_id, "order_id": "A", "refund_amount": Decimal(amount)}
        shop.refunds.append(row | {"refunded_at": datetime.combine(day, time(12)), "refunded_date": day})
    shop.add_return("U", FIRST, "1", "5.00", order_id="B")
    return shop


CHANGES: dict[str, tuple[Callable[[Shop], object], set[date]]] = {
    "nothing": (lambda _: None, set()),
    "its order was cancelled": (lambda shop: shop.orders[0].update(status="cancelled"), {FIRST, SECOND, THIRD}),
    # What names its item takes goods and tax of that; so the tax of the order is in all of them.
    "its order's tax": (lambda shop: shop.orders[0].update(tax_amount=Decimal("1.00")), {FIRST, SECOND, THIRD}),
    "its order's postage": (lambda shop: shop.orders[0].update(shipping_amount=Decimal(0)), {SECOND, THIRD}),
    "an item of its order": (lambda shop: shop.order_items[1].update(quantity=3), {FIRST, SECOND, THIRD}),
    "its order's customer": (lambda shop: shop.orders[0].update(customer_id="2"), {FIRST, SECOND, THIRD}),
    "its order is gone": (lambda shop: shop.orders.pop(0), {FIRST, SECOND, THIRD}),
    "the refund before it": (
        lambda shop: shop.returns[0].update(refund_amount=Decimal("3.00")),
        {FIRST, SECOND, THIRD},
    ),
    "a refund less": (lambda shop: shop.refunds.pop(0), {SECOND, THIRD}),
    "the refund after it": (lambda shop: shop.refunds[1].update(refund_amount=Decimal("1.00")), {THIRD}),
    "another order's": (lambda shop: shop.orders[1].update(shipping_amount=Decimal("1.00")), set()),
}


@pytest.mark.parametrize(("change", "days"), CHANGES.values(), ids=CHANGES)
def test_the_days_of_refunds_follow_their_order_and_each_other(
    warehouse: Warehouse, change: Callable[[Shop], object], days: set[date]
) -> None:
    warehouse.build(refunded())
    numbers = "select refunded_date, max(change_number) as number from core.fct_refunds group by refunded_date"
    before = {row["refunded_date"]: row["number"] for row in warehouse.rows(numbers)}
    shop = refunded()
    change(shop)
    warehouse.write(shop)
    warehouse.run("--select", *SIGNATURES, *INCREMENT, *EXTRA)
    after = {row["refunded_date"]: row["number"] for row in warehouse.rows(numbers)}
    assert {day for day in before.keys() | after.keys() if before.get(day) != after.get(day)} == days
    assert_facts(warehouse, shop)


def test_amounts_only_are_goods_first_where_the_client_says_so(warehouse: Warehouse) -> None:
    shop = refunded()
    shop.client[0]["amount_only_refunds"] = "goods"
    warehouse.build(shop)
    assert_facts(warehouse, shop)
    found = warehouse.rows("select refund_id, goods_amount from core.fct_refunds order by refund_id")
    assert {row["refund_id"]: str(row["goods_amount"]) for row in found} == {
        "R": "5.00", "S": "7.00", "T": "8.00", "U": "5.00",
    }  # fmt: skip


def test_payments_that_went_back_are_refunds_where_nobody_delivers_any(warehouse: Warehouse) -> None:
    shop = refunded()
    shop.refunds, shop.returns = [], []
    shop.client[0] |= {"has_payments": True, "has_refunds": False, "time_zone": "UTC"}
    at = datetime.combine(FIRST, time(12))
    for number, (kind, amount, paid_at) in enumerate(
        [("authorization", "29.00", None), ("capture", "29.00", at), ("refund", "2.90", at), ("refund", "1.00", None)]
    ):
        payment = {"payment_id": f"P{number}", "order_id": "A", "attempt_number": 1, "status": "succeeded"}
        shop.payments.append(payment | {"kind": kind, "amount": Decimal(amount), "method": "card", "paid_at": paid_at})
    warehouse.build(shop)
    oracle = assert_facts(warehouse, shop)
    assert [(row["refund_id"], row["refunded_date"]) for row in oracle.refunds] == [("P3", SOLD), ("P2", FIRST)]
    assert [str(row["goods_amount"]) for row in oracle.refunds] == ["0.69", "2.00"]


def test_a_cancelled_order_counts_until_its_cancellation_takes_it_back(warehouse: Warehouse) -> None:
    shop = refunded()
    shop.client[0] |= {"cancelled": "reversed", "time_zone": "UTC"}
    # Of 20.00 of goods R has paid back 5.00 before; S and T come after.
    shop.orders[0] |= {"status": "completed", "cancelled_at": datetime.combine(SECOND, time(11))}
    warehouse.build(shop)
    oracle = assert_facts(warehouse, shop)
    assert {row["refund_id"]: str(row["goods_amount"]) for row in oracle.refunds} == {
        "R": "5.00", "A-cancelled": "15.00", "S": "0.00", "T": "0.00", "U": "5.00",
    }  # fmt: skip
    days = warehouse.rows(
        "select calendar_date, order_count, net_sales from marts.mart_daily_sales where net_sales <> 0"
    )
    assert {row["calendar_date"]: (row["order_count"], str(row["net_sales"])) for row in days} == {
        SOLD: (2, "30.00"), FIRST: (0, "-10.00"), SECOND: (0, "-15.00"),
    }  # fmt: skip


def test_a_cancellation_is_in_the_days_of_an_increment(warehouse: Warehouse) -> None:
    shop = refunded()
    shop.client[0] |= {"cancelled": "reversed", "time_zone": "UTC"}
    warehouse.build(shop)
    shop.orders[0]["cancelled_at"] = datetime.combine(SECOND, time(13))
    warehouse.write(shop)
    warehouse.run("--select", *SIGNATURES, *INCREMENT, *EXTRA)
    assert_facts(warehouse, shop)


def test_another_way_of_counting_orders_makes_every_day_again(warehouse: Warehouse) -> None:
    shop = refunded()
    shop.client[0] |= {"has_payments": True, "time_zone": "UTC"}
    shop.orders[1]["cancelled_at"] = datetime.combine(FIRST, time(13))
    warehouse.build(shop)
    assert_facts(warehouse, shop)
    assert warehouse.rows("select count(*) as sales from core.fct_orders where is_sale") == [{"sales": 0}]
    for settings, sales in (({"count_orders": "placed"}, 1), ({"cancelled": "reversed"}, 2)):
        shop.client[0] |= settings
        warehouse.write(shop)
        warehouse.run("--select", *SIGNATURES, *INCREMENT, *EXTRA)
        assert_facts(warehouse, shop)
        assert warehouse.rows("select count(*) as sales from core.fct_orders where is_sale") == [{"sales": sales}]


def test_a_cancellation_of_a_day_that_is_not_over_waits(warehouse: Warehouse) -> None:
    shop = refunded()
    shop.client[0] |= {"time_zone": "UTC", "business_date": THIRD}
    shop.orders[0]["cancelled_at"] = datetime.combine(date(2028, 4, 1), time(13))
    warehouse.build(shop)
    assert warehouse.rows("select order_status, is_sale from core.fct_orders where order_id = 'A'") == [
        {"order_status": "completed", "is_sale": True}
    ]


def test_a_hundred_refunds_of_one_order_take_no_more_than_it_has(warehouse: Warehouse) -> None:
    shop = refunded()
    shop.returns, shop.refunds = [], []
    for number in range(100):
        shop.add_return(f"{number:03d}", FIRST, "1", "0.37", order_id="A", quantity=None)
        shop.returns[-1]["product_id"] = None
    warehouse.build(shop)
    assert_facts(warehouse, shop)
    (total,) = warehouse.rows(
        "select sum(goods_amount) as goods, sum(tax_amount) as tax, sum(shipping_amount) as shipping, "
        "sum(other_amount) as other from core.fct_refunds"
    )
    assert [str(amount) for amount in total.values()] == ["20.00", "4.00", "5.00", "8.00"]
