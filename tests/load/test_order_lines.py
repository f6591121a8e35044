"""Order lines: sale, return or adjustment by the client's rules, and customers and products as they mention them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from load.failure import LoadError
from tests.load.conftest import DAY, Make, Shop

COLUMNS = {
    "order_id": "invoice",
    "product_id": "code",
    "description": "text",
    "quantity": "n",
    "order_at": "at",
    "unit_price": "price",
    "customer_id": "who",
    "country": "land",
}
RULES = [
    {"type": "adjustment", "reason": "bad debt", "when": "starts_with(order_id, 'A')"},
    {"type": "return", "reason": "cancelled", "when": "starts_with(order_id, 'C')"},
    {"type": "adjustment", "reason": "write-off", "when": "quantity < 0"},
]
HEADER = "invoice,code,text,n,at,price,who,land\n"


@pytest.fixture
def lines_shop(make_shop: Make) -> Any:
    def make(**options: Any) -> Shop:
        source = {"kind": "files", "path": "x", "format": "csv", "columns": COLUMNS, "line_rules": RULES, **options}
        return make_shop({"order_lines": source})

    return make


def land(shop: Shop, *lines: str, key: str = "lines.csv", day: date = DAY) -> None:
    shop.land(
        "order_lines", HEADER + "".join(line + "\n" for line in lines), key=key, day=day, file=key, count=len(lines)
    )


def test_lines_are_classified_numbered_and_kept(lines_shop: Any) -> None:
    shop = lines_shop()
    land(
        shop,
        "1,a,Mug,2,2026-10-30 10:00,1.50,,",
        "1,b,Pot,1,2026-10-30 09:59,9.999,7,DE",
        "1,a,Mug,1,2026-10-30 10:00,0,8,FR",
        "C1,a,Mug,-1,2026-10-31 08:00,1.50,7,DE",
        "2,a,damaged,-3,2026-10-31 09:00,0,,",
        "A9,B,Adjust bad debt,1,2026-10-31 09:30,-100.50,,",
        "3,a,Mug,1,2026-10-31 11:00,1.60,8,FR",
    )
    counts = shop.load().deliveries[0].counts
    assert (counts.landed, counts.loaded) == (7, 7)
    total = Decimal("3.00") + Decimal("9.999") - Decimal("1.50") - Decimal("100.50") + Decimal("1.60")
    assert (counts.amount_landed, counts.amount_loaded) == (total, total)
    assert shop.rows(
        "select order_id, customer_id, strftime(order_at, '%H:%M'), order_date, status, country, _line from raw.orders "
        "order by order_id"
    ) == [
        ("1", "7", "08:59", date(2026, 10, 30), "completed", "DE", 2),
        ("3", "8", "10:00", date(2026, 10, 31), "completed", "FR", 8),
    ]
    assert shop.rows(
        "select order_id, line_number, product_id, quantity, unit_price from raw.order_items order by all"
    ) == [
        ("1", 1, "a", 2, Decimal("1.5000")),
        ("1", 2, "b", 1, Decimal("9.9990")),
        ("1", 3, "a", 1, Decimal("0.0000")),
        ("3", 1, "a", 1, Decimal("1.6000")),
    ]
    assert shop.rows(
        "select return_id, order_id, product_id, customer_id, quantity, refund_amount, returned_date, reason "
        "from raw.returns"
    ) == [("C1-1", None, "a", "7", 1, Decimal("1.50"), date(2026, 10, 31), "cancelled")]
    assert shop.rows("select adjustment_id, quantity, unit_price, reason from raw.adjustments order by all") == [
        ("2-1", -3, Decimal("0.0000"), "write-off"),
        ("A9-1", 1, Decimal("-100.5000"), "bad debt"),
    ]
    shop.verify()


def test_customers_and_products_are_as_last_mentioned_in_a_sale(lines_shop: Any) -> None:
    shop = lines_shop(product_rules=[{"type": "shipping", "pattern": "POST|DOT"}])
    land(
        shop,
        "2,a,New mug,1,2026-10-31 10:00,2.006,7,FR",
        "1,a,Old mug,1,2026-10-30 10:00,1.50,7,DE",
        "3,a,,1,2026-10-31 11:00,0,,",
        "4,a,damaged,-1,2026-10-31 12:00,0,,",
        "5,POST,Postage,1,2026-10-31 12:00,5,,",
        "5,POSTER,Poster,1,2026-10-31 12:00,5,,",
        "C5,POSTER,Poster,-1,2026-10-31 13:00,5,9,IT",
    )
    shop.load()
    assert shop.rows("select customer_id, country from raw.customers order by all") == [("7", "FR"), ("9", "IT")]
    assert shop.rows("select product_id, title, list_price, product_type, origin from raw.products order by all") == [
        ("POST", "Postage", Decimal("5.00"), "shipping", "demo"),
        ("POSTER", "Poster", Decimal("5.00"), "product", "demo"),
        ("a", "New mug", Decimal("2.01"), "product", "demo"),
    ]


def test_an_invoice_over_midnight_has_the_day_it_began(lines_shop: Any) -> None:
    shop = lines_shop()
    land(shop, "1,a,Mug,1,2026-10-31 00:01,1,,", "1,b,Pot,1,2026-10-30 23:59,1,,", "C1,a,Mug,-1,2026-10-31 00:01,1,,")
    shop.load()
    assert shop.rows("select order_date from raw.order_items") == [(date(2026, 10, 30),)] * 2
    shop.verify()


@pytest.mark.parametrize(("policy", "loaded", "duplicate"), [("keep", 3, 0), ("drop", 2, 1)])
def test_repeated_lines_as_the_client_file_says(lines_shop: Any, policy: str, loaded: int, duplicate: int) -> None:
    shop = lines_shop(repeated_rows=policy)
    land(shop, *["1,a,Mug,1,2026-10-30 10:00,1.50,7,DE"] * 2, "1,a,Mug,2,2026-10-30 10:00,1.50,7,DE")
    counts = shop.load().deliveries[0].counts
    assert (counts.landed, counts.loaded, counts.duplicate) == (3, loaded, duplicate)
    shop.verify()


def test_lines_that_fit_nothing_go_to_quarantine(lines_shop: Any) -> None:
    shop = lines_shop()
    land(
        shop,
        ",a,Mug,1,2026-10-30 10:00,1.50,7,DE",
        "1,,Mug,1,2026-10-30 10:00,1.50,7,DE",
        "1,a,Mug,0,2026-10-30 10:00,1.50,7,DE",
        "1,a,Mug,1,2026-10-30 10:00,-1.50,7,DE",
        "C1,a,Mug,1,2026-10-30 10:00,1.50,7,DE",
        "C1,a,Mug,-1,2026-10-30 10:00,1.505,7,DE",
        "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE",
    )
    shop.load()
    assert shop.reasons() == [
        "order_id is ''; expected an id",
        "product_id is ''; expected an id",
        "quantity 0 at unit_price 1.5000 is no sale, and no line rule makes it a return or an adjustment",
        "quantity 1 at unit_price -1.5000 is no sale, and no line rule makes it a return or an adjustment",
        "quantity 1 at unit_price 1.5000 is no return; expected a quantity below 0 and a price of at least 0",
        "quantity -1 at unit_price 1.5050 gives a refund with more than 2 decimals",
    ]
    shop.verify()


def test_a_rule_that_is_no_condition_is_told(lines_shop: Any) -> None:
    shop = lines_shop(line_rules=[{"type": "return", "reason": "r", "when": "kind = 'R'"}])
    land(shop, "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE")
    with pytest.raises(LoadError, match=r"The line rule \"kind = 'R'\" of sources.order_lines .*\"kind\" not found"):
        shop.load()


def test_a_later_file_with_the_invoice_counts_in_its_place(lines_shop: Any) -> None:
    shop = lines_shop()
    land(shop, "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE", "1,b,Pot,1,2026-10-30 10:00,9,7,DE", key="a.csv")
    shop.load()
    land(shop, "1,a,Mug,3,2026-10-30 10:00,1.50,7,FR", key="b.csv", day=date(2026, 11, 1))
    shop.load()
    assert shop.rows("select product_id, quantity from raw.transactions") == [("a", 3)]
    assert shop.rows("select country from raw.customers where is_current") == [("FR",)]
    assert shop.rows("select product_id, title from raw.products where is_current order by all") == [
        ("a", "Mug"),
        ("b", "Pot"),
    ]


def test_a_later_file_replaces_an_invoice_with_all_its_kinds_of_lines(lines_shop: Any) -> None:
    shop = lines_shop()
    current = (
        "select 'sale', order_id || '-' || line_number, product_id from raw.order_items where is_current union all "
        "select 'return', return_id, product_id from raw.returns where is_current union all "
        "select 'adjustment', adjustment_id, product_id from raw.adjustments where is_current order by all"
    )
    land(
        shop,
        "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE",
        "1,b,Pot,-1,2026-10-30 10:00,9,7,DE",
        "C2,a,Mug,-1,2026-10-30 11:00,1.50,7,DE",
        "C2,b,Pot,-1,2026-10-30 11:00,9,7,DE",
        "3,a,Mug,1,2026-10-30 12:00,1.50,7,DE",
        key="a.csv",
        day=date(2026, 10, 30),
    )
    shop.load()
    land(
        shop,
        "1,a,Mug,2,2026-10-30 10:00,1.50,7,DE",
        "C2,b,Pot,-1,2026-10-31 11:00,9,7,DE",
        "3,a,Mug,-1,2026-10-30 12:00,1.50,7,DE",
        key="b.csv",
    )
    assert "b.csv/0001: 2 lines are not counted" in shop.load().warnings[0]
    newer = [("adjustment", "3-1", "a"), ("return", "C2-1", "b"), ("sale", "1-1", "a")]
    assert shop.rows(current) == newer
    shop.verify()
    shop.load(full_refresh=True)
    assert shop.rows(current) == newer
    # An older file that comes late changes nothing, and a correction that leaves the invoices out gives them back.
    land(shop, "C2,d,Jug,-1,2026-10-29 11:00,5,7,DE", key="c.csv", day=date(2026, 10, 29))
    shop.load()
    assert shop.rows(current) == newer
    land(shop, "9,a,Mug,1,2026-10-31 10:00,1.50,7,DE", key="b.csv")
    shop.load()
    assert shop.rows(current) == [
        ("adjustment", "1-2", "b"),
        ("return", "C2-1", "a"),
        ("return", "C2-2", "b"),
        ("sale", "1-1", "a"),
        ("sale", "3-1", "a"),
        ("sale", "9-1", "a"),
    ]
    shop.verify()


def test_a_line_of_an_amount_that_cannot_be_kept_goes_to_quarantine_and_stops_nothing(lines_shop: Any) -> None:
    shop = lines_shop()
    land(
        shop,
        "1,a,Mug,999999999,2026-10-30 10:00,999999999999.99,7,DE",
        "2,a,Mug,-999999999,2026-10-30 10:00,99999.99,7,DE",
        # 999 billion, as a wholesaler in Jakarta may sell, is no fault, and verify multiplies it too.
        "3,a,Mug,999,2026-10-30 10:00,999999999.9999,7,DE",
    )
    shop.load()
    tail = "is too much for one line; expected less than 1,000,000,000,000"
    assert shop.reasons() == [
        f"quantity 999999999 at unit_price 999999999999.9900 {tail}",
        f"quantity -999999999 at unit_price 99999.9900 {tail}",
    ]
    assert shop.rows("select sum(quantity * unit_price) from raw.transactions") == [(Decimal("998999999999.9001"),)]
    shop.verify()


def test_lines_left_out_are_told(lines_shop: Any) -> None:
    shop = lines_shop()
    land(
        shop,
        "1,a,Mug,1,2026-10-30 23:59,1.50,7,DE",
        "1,a,Mug,1,2026-10-30 23:59,1.50,7,DE",
        "C2,b,Pot,-1,2026-10-30 23:59,9,7,DE",
        key="a.csv",
    )
    assert shop.load().warnings == (
        (
            "order_lines/a.csv/0001: 1 of 3 rows repeat another one and do not count; if they should, say "
            "repeated_rows: keep for sources.order_lines"
        ),
    )
    # The invoices go on after midnight, in the file of the next day.
    land(shop, "1,b,Pot,1,2026-10-31 00:01,9,7,DE", "C2,c,Cup,-1,2026-10-31 00:01,4,7,DE", key="b.csv")
    assert shop.load().warnings == (
        (
            "order_lines/b.csv/0001: 2 lines are not counted, because a newer file has their orders without them, for "
            "example order 1: product a is in order_lines/a.csv/0001, but not in order_lines/b.csv/0001. If b.csv "
            "does not correct the order but goes on with it, put all its lines into b.csv and run extract and load "
            "again"
        ),
    )
    # The file of the day before comes again, with a line more.
    land(
        shop,
        "1,a,Mug,1,2026-10-30 23:59,1.50,7,DE",
        "1,d,Jug,1,2026-10-30 23:59,1.50,7,DE",
        key="a.csv",
        day=date(2026, 10, 30),
    )
    (warning,) = shop.load().warnings
    assert warning.startswith("order_lines/a.csv/0002: 2 lines are not counted, because a newer file has their orders")
    assert "order 1: product a is in order_lines/a.csv/0002, but not in order_lines/b.csv/0001. If b.csv" in warning


def test_lines_of_an_order_that_disagree_are_told(lines_shop: Any) -> None:
    shop = lines_shop(columns={**COLUMNS, "status": "text"})
    land(
        shop,
        "9,a,shipped,1,2026-10-30 10:00,1.50,,DE",
        "9,b,shipped,1,2026-10-30 10:00,1.50,7,FR",
        "5,a,placed,1,2026-10-30 10:00,1.50,8,DE",
        "5,b,cancelled,1,2026-10-30 10:00,1.50,7,DE",
        "5,c,cancelled,1,2026-10-30 10:00,1.50,,DE",
        "4,a,cancelled,1,2026-10-30 10:00,1.50,7,DE",
        "4,a,placed,1,2026-10-30 10:00,1.50,7,DE",
        "C1,a,placed,-1,2026-10-30 10:00,1.50,7,DE",
        "C1,b,shipped,-1,2026-10-30 10:00,1.50,8,DE",
    )
    assert shop.load().warnings == (
        (
            "order_lines/lines.csv/0001: 1 order does not have one customer_id in all lines, for example 5 with 7, 8. "
            "The first one counts, here 8. If they are several orders, have them numbered apart"
        ),
        (
            "order_lines/lines.csv/0001: 2 orders do not have one status in all lines, for example 5 with cancelled, "
            "placed. The first one counts, here placed. If they are several orders, have them numbered apart"
        ),
    )
    assert shop.rows("select order_id, customer_id, status from raw.orders order by order_id") == [
        ("4", "7", "cancelled"),
        ("5", "8", "placed"),
        ("9", "7", "shipped"),
    ]


def test_an_order_delivered_again_with_all_its_products_is_no_warning(lines_shop: Any) -> None:
    shop = lines_shop()
    land(shop, "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE", "C2,b,Pot,-1,2026-10-30 10:00,9,7,DE", key="a.csv")
    land(
        shop,
        "1,b,Pot,1,2026-10-30 10:00,9,7,DE",
        "1,a,Mug,3,2026-10-30 10:00,1.40,7,DE",
        "C2,b,Pot,-2,2026-10-30 10:00,9,7,DE",
        key="b.csv",
    )
    assert shop.load().warnings == ()
