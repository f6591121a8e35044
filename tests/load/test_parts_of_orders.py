"""Discount codes and tax lines of orders: they repeat what the orders have, so they are compared with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from load.errors import LoadError
from load.verify_database import VerificationError
from tests.load.conftest import DAY, NESTED_SOURCES, Make, Shop, item, order, payment
from tests.load.test_shop_files import files

CODES = files({"order_id": "order", "code": "code", "kind": "kind", "amount": "amount"})
ALL = {"different_orders_share": 1, "different_money_share": 1}
TAXES = files({"order_id": "order", "line_number": "line", "title": "tax", "rate": "rate", "amount": "amount"})


def shop_with(make_shop: Make, codes: str = "", taxes: str = "", **client: object) -> Shop:
    """Three orders of 30.00 with 5.00 off and a tax of 3.80 on top, and their parts."""
    shop = make_shop(NESTED_SOURCES | {"discount_codes": CODES, "tax_lines": TAXES}, tax="on_top", **client)
    shop.land_masters()
    sold = {"items": [item(1, quantity=3, unit_price="10.00")], "discount_amount": "5.00", "tax_amount": "3.80"}
    shop.land("orders", [order(name, payments=[payment(f"{name}-1")], **sold) for name in ("A1", "A2", "A3")])
    shop.land("returns", [])
    for dataset, header, rows in (
        ("discount_codes", "order,code,kind,amount", codes),
        ("tax_lines", "order,line,tax,rate,amount", taxes),
    ):
        if rows:
            shop.land(dataset, f"{header}\n{rows}\n", file=f"{dataset}.csv", count=rows.count("\n") + 1, origin="files")
    return shop


def test_the_amounts_of_codes_are_compared_with_the_discount(make_shop: Make) -> None:
    codes = "A1,TEN,fixed,4.00\nA1,FIVE,,1.01\nA1,POST,shipping,4.90\nA2,TEN,fixed,4.00\nA3,TEN,,\nA3,FIVE,fixed,5"
    shop = shop_with(make_shop, codes)
    shop.load()
    _, found, *_ = shop.verify().source_totals
    counts = found.counts
    # A3 has a code of unknown worth, which is no 0: it is not compared. One that differs is counted and stops nothing.
    assert (counts.compared, counts.equal, counts.rounded, counts.different) == (2, 0, 1, 1)
    assert (counts.source_total, counts.difference) == (Decimal("9.01"), Decimal("1.00"))
    assert found.warnings()[0].endswith(
        "2 orders compared with the amounts of their discount codes: 0 equal, 1 but for rounding, 1 different, "
        "by 1.00 in all: the discount of order A2 is 4.00 there and 5.00 here"
    )
    assert shop.rows("select kind, compared from audit.source_totals order by all") == [("discounts", 2), ("orders", 0)]
    assert shop.rows("select amount_landed, amount_loaded from raw.load_ledger where dataset = 'discount_codes'") == [
        (Decimal("18.91"), Decimal("18.91"))
    ]


def test_tax_lines_that_are_not_the_tax_stop_the_run(make_shop: Make) -> None:
    rows = ("A1,1,VAT,0.19,3.80", "A2,1,State,,3.00", "A2,,City,,0.80", "A3,1,VAT,0.19,3.80")
    shop = shop_with(make_shop, taxes="\n".join(rows))
    shop.load()
    _, _, found, *_ = shop.verify().source_totals
    assert (found.counts.compared, found.counts.equal, found.counts.source_total) == (3, 3, Decimal("11.40"))
    other = shop_with(make_shop, taxes="\n".join(rows).replace("0.80", "0.60"))
    other.load()
    with pytest.raises(
        VerificationError, match=r"raw\.tax_lines: amount: expected at most 1\.00% of the orders diff.*A2"
    ):
        other.verify()


def test_a_newer_file_has_all_parts_of_its_orders(make_shop: Make) -> None:
    shop = shop_with(make_shop, taxes="A1,1,VAT,0.19,3.00\nA1,1,City,,0.80\nA2,1,VAT,0.19,3.80")
    shop.load()
    newer = "order,line,tax,rate,amount\nA1,1,VAT,0.19,3.80\n"
    shop.land("tax_lines", newer, key="2026-11", file="newer.csv", count=1, origin="files")
    shop.load()
    current = "select order_id, amount from raw.tax_lines where is_current order by all"
    assert shop.rows(current) == [("A1", Decimal("3.80")), ("A2", Decimal("3.80"))]


def test_equal_rows_and_words_that_nobody_knows_are_not_taken(make_shop: Make) -> None:
    shop = shop_with(make_shop, taxes="A1,1,VAT,0.19,1.90\nA1,1,VAT,0.19,1.90")
    with pytest.raises(LoadError, match="repeated_rows"):
        shop.load()
    other = shop_with(
        make_shop,
        codes="A1,TEN,gift,4.00\nA1, ,fixed,4.00\nA1,TEN,fixed,-4.00\nA1,TEN,,1",
        taxes="A1,,VAT,19,1\nA1,,,,1",
    )
    other.load()
    assert [reason.partition(";")[0] for reason in other.reasons()] == [
        "kind is 'gift'",
        "code is ' '",
        "amount is '-4.00'",
        "rate is '19'",
    ]


SAYS = (
    "A file without a row of an order does not say that they were taken away: deliver all of them with contents: "
    "everything, the order with its lines in one file, or what was removed as a refund"
)


def test_an_order_that_comes_again_without_its_codes_is_named(make_shop: Make) -> None:
    shop = shop_with(make_shop, codes="A1,FIVE,fixed,5.00\nA2,FIVE,fixed,5.00\nA3,FIVE,fixed,5.01")
    shop.load()
    sold = [item(1, quantity=3, unit_price="10.00")]
    again = [
        order(name, items=sold, discount_amount=off, tax_amount="3.80") for name, off in (("A1", "0"), ("A2", "5"))
    ]
    shop.land("orders", again, key="2026-11", day=date(2026, 11, 1))
    newer = "order,code,kind,amount\nA2,FIVE,fixed,5.00\n"
    shop.land("discount_codes", newer, key="newer", day=DAY, file="newer.csv", count=1, origin="files")
    shop.load()
    # A2 has its discount, though it is newer than its code, and A3 was not delivered again.
    (found,) = (one for one in shop.verify().warnings if one.startswith("orders newer"))
    assert found == (
        "orders newer than their parts: 1 order was delivered again without its discount codes, and those delivered "
        f"before still count: A1 of 2026-11-01, its discount codes of 2026-10-31. {SAYS}"
    )


@pytest.mark.parametrize("newer_items", ["", "A2,1,P1,1,30.00\n", "A1,1,P1,1,20.00\nA2,1,P1,1,30.00\n"])
def test_an_order_that_comes_again_without_its_items_is_named(make_shop: Make, newer_items: str) -> None:
    named = {"order_id": "id", "total_amount": "total", "order_at": "at"}
    lines = {"order_id": "id", "line_number": "line", "product_id": "sku", "quantity": "n", "unit_price": "each"}
    shop = make_shop({"orders": files(named), "order_items": files(lines)}, ceilings=ALL)

    def land(dataset: str, header: str, rows: str, day: date) -> None:
        name = f"{dataset}-{day}.csv"
        shop.land(dataset, f"{header}\n{rows}", key=name, day=day, file=name, count=rows.count("\n"), origin="files")

    land("orders", "id,total,at", "A1,50.00,2026-10-30\nA2,30.00,2026-10-30\n", date(2026, 10, 30))
    land("order_items", "id,line,sku,n,each", "A1,1,P1,5,10.00\nA2,1,P1,1,30.00\n", date(2026, 10, 30))
    land("orders", "id,total,at", "A1,20.00,2026-10-30\nA2,30.00,2026-10-30\n", DAY)
    if newer_items:
        land("order_items", "id,line,sku,n,each", newer_items, DAY)
    shop.load()
    expected = (
        "orders newer than their parts: 1 order was delivered again without its items, and those delivered before "
        f"still count: A1 of 2026-10-31, its items of 2026-10-30. {SAYS}"
    )
    found = [one for one in shop.verify().warnings if one.startswith("orders newer")]
    assert found == ([] if "A1" in newer_items else [expected])
    assert shop.rows("select sum(total_amount) from raw.orders where is_current") == [(Decimal("50.00"),)]


def test_a_run_that_differs_too_often_says_which_orders_are_newer(make_shop: Make) -> None:
    shop = shop_with(make_shop, taxes="A1,1,VAT,0.19,3.80")
    shop.load()
    shop.land("orders", [order("A1", items=[item(1, quantity=3, unit_price="10.00")])], key="b", day=date(2026, 11, 1))
    shop.load()
    with pytest.raises(VerificationError, match="delivered again without its tax lines, and those delivered before"):
        shop.verify()
