"""Refunds with and without an item, with and without their parts, and payments that are none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from load.verify_database import VerificationError
from tests.load.conftest import Make, Shop, order

HEADER = "id,order,line,sku,qty,goods,tax,ship,other,amount,at\n"
COLUMNS = {
    "refund_id": "id",
    "order_id": "order",
    "line_number": "line",
    "product_id": "sku",
    "quantity": "qty",
    "goods_amount": "goods",
    "tax_amount": "tax",
    "shipping_amount": "ship",
    "other_amount": "other",
    "refund_amount": "amount",
    "refunded_at": "at",
}
FILES = {"kind": "files", "path": "x", "format": "csv"}
PAYMENTS = {"payment_id": "id", "order_id": "order", "amount": "amount", "status": "status", "kind": "kind"}
DAY = date(2026, 10, 30)
AMOUNT = "expected an amount from 0 to 999,999,999,999.99"
TURNED = "; if every one is delivered below zero, negated: [quantity] turns their sign"
PARTS = ("goods_amount", "tax_amount", "shipping_amount", "other_amount")


@pytest.fixture
def refunds_shop(make_shop: Make) -> Any:
    def make(**sources: Any) -> Shop:
        demo = {name: {"kind": "demo"} for name in ("customers", "products", "orders")}
        shop = make_shop(demo | (sources or {"refunds": {**FILES, "columns": COLUMNS}}))
        shop.land_masters()
        shop.land("orders", [order()])
        return shop

    return make


def land(shop: Shop, *rows: str, dataset: str = "refunds", header: str = HEADER) -> None:
    shop.land(dataset, header + "".join(f"{row}\n" for row in rows), key="r.csv", file="r.csv", count=len(rows))


def test_refunds_need_no_item_and_no_amount_but_their_parts(refunds_shop: Any) -> None:
    shop = refunds_shop()
    land(
        shop,
        "R1,A1,1,P1,1,,,,,10.00,2026-10-30T10:00",
        "R2,A1,,,,,,,,5.00,2026-10-30T11:00",
        "R3,,,,0,4.00,1.00,,-0.50,,2026-10-30T12:00",
        "R4,A1,,P1,1,,,,,0,2026-10-30T13:00",
        "R5,A1,,,,8,1,0.50,0.50,10,2026-10-30T14:00",
        "R6,A1,,,,8,,,,7,2026-10-30T15:00",
    )
    (delivery,) = [one for one in shop.load().deliveries if one.manifest.dataset == "refunds"]
    assert (delivery.counts.loaded, delivery.counts.amount_loaded) == (6, Decimal("36.50"))
    amounts = "select refunded_date, sum(refund_amount), count(quantity) from raw.current_refunds group by all"
    assert shop.rows(amounts) == [(DAY, Decimal("36.50"), 3)]
    shop.verify(full=True)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "R1,A1,,,,,,,,,2026-10-30",
            f"it has no amount; expected refund_amount, or its parts {', '.join(PARTS)}",
        ),
        (
            "R1,A1,,,,8,1,0.50,0,10,2026-10-30",
            f"refund_amount is 10.00, but its parts add up to 9.50; expected {' + '.join(PARTS)}",
        ),
        ("R1,A1,,,-1,,,,,10,2026-10-30", "quantity is '-1'; expected a number from 0 to 999,999,999.999" + TURNED),
        (
            "R1,A1,,,,,,,,-10.00,2026-10-30",
            f"refund_amount is '-10.00'; {AMOUNT}{TURNED.replace('quantity', 'refund_amount')}",
        ),
        ("R1,A1,,,,,,,,ten,2026-10-30", f"refund_amount is 'ten'; {AMOUNT}"),
    ],
)
def test_a_refund_whose_amount_is_unclear_goes_to_quarantine(refunds_shop: Any, row: str, reason: str) -> None:
    shop = refunds_shop()
    land(shop, row, "R2,A1,,,,,,,,10.00,2026-10-30")
    shop.load()
    assert shop.reasons() == [reason]


def test_a_refund_of_an_order_that_nobody_delivers_passes(refunds_shop: Any) -> None:
    shop = refunds_shop()
    land(shop, "R1,older,,P0,,,,,,10.00,2026-10-30")
    shop.load()
    shop.verify()  # also the product may be of before
    assert shop.rows("select order_id, refund_amount from raw.current_refunds") == [("older", Decimal("10.00"))]


def test_a_refund_of_a_known_order_names_a_known_product(refunds_shop: Any) -> None:
    shop = refunds_shop()
    land(shop, "R1,A1,,P0,,,,,,10.00,2026-10-30")
    shop.load()
    with pytest.raises(VerificationError, match=r"raw\.refunds: product_id in raw\.products: .* for example P0"):
        shop.verify()


def test_returns_are_refunds_and_a_client_has_one_of_both(refunds_shop: Any) -> None:
    columns = {
        "return_id": "id",
        "order_id": "order",
        "quantity": "qty",
        "refund_amount": "amount",
        "returned_at": "at",
    }
    shop = refunds_shop(returns={**FILES, "columns": columns})
    land(shop, "R1,A1,,,2,,,,,10.00,2026-10-30", "R2,A1,,,,,,,,5.00,2026-10-30", dataset="returns")
    shop.load()
    assert shop.rows("select quantity, refund_amount from raw.current_refunds order by all") == [
        (2, Decimal("10.00")),
        (None, Decimal("5.00")),
    ]
    with pytest.raises(ValidationError, match=r"sources\.returns and sources\.refunds are both there, .* would count"):
        refunds_shop(returns={**FILES, "columns": columns}, refunds={**FILES, "columns": COLUMNS})


@pytest.mark.parametrize(
    ("more", "has_returns", "has_refunds"),
    [
        ({"refunds": {**FILES, "columns": COLUMNS}}, True, True),
        ({"refunds": {**FILES, "columns": {k: v for k, v in COLUMNS.items() if k != "quantity"}}}, False, True),
        ({"returns": {"kind": "demo"}}, True, True),
        ({"payments": {**FILES, "columns": PAYMENTS}}, False, False),
    ],
)
def test_the_models_know_whether_refunds_and_units_are_delivered(
    refunds_shop: Any, more: dict[str, Any], has_returns: bool, has_refunds: bool
) -> None:
    shop = refunds_shop(**more)
    shop.load()
    found = shop.rows("select has_returns, has_refunds, amount_only_refunds from raw.client")
    assert found == [(has_returns, has_refunds, "split")]


def test_payments_that_go_back_are_refunds_where_nobody_delivers_any(refunds_shop: Any) -> None:
    shop = refunds_shop(payments={**FILES, "columns": PAYMENTS})
    rows = [
        "1,A1,25,succeeded,authorization",
        "2,A1,25,succeeded,capture",
        "3,A1,5,succeeded,refund",
        "4,A1,2,failed,refund",
    ]
    land(shop, *rows, "5,A1,1,succeeded,", dataset="payments", header="id,order,amount,status,kind\n")
    shop.load()
    assert shop.rows("select refunded_date, refund_amount from raw.current_refunds") == [(DAY, Decimal("5.00"))]
    shop.verify()


def test_a_payment_below_zero_says_where_refunds_go(refunds_shop: Any) -> None:
    shop = refunds_shop(payments={**FILES, "columns": PAYMENTS})
    rows = ["1,A1,25,succeeded,", "2,A1,-5.00,succeeded,", "3,A1,5,succeeded,chargeback"]
    land(shop, *rows, dataset="payments", header="id,order,amount,status,kind\n")
    shop.load()
    below_zero, unknown = shop.reasons()
    assert below_zero == (
        f"amount is '-5.00'; {AMOUNT}; if every one is delivered below zero, negated: [amount] turns their sign. Money "
        "paid back is a payment of kind refund, or a row of the dataset refunds, each with an amount above 0"
    )
    assert unknown == "kind is 'chargeback'; expected one of sale, authorisation, authorization, capture, void, refund"
