"""Order lines: loaded as they were delivered, but for those that are no sale, return or adjustment by the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from load.errors import LoadError
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


def test_lines_are_kept_as_delivered_and_classified_for_verify(lines_shop: Any) -> None:
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
    assert shop.rows("select order_id, product_id, quantity, unit_price, customer_id, _line from raw.order_lines") == [
        ("1", "a", 2, Decimal("1.5000"), None, 2),
        ("1", "b", 1, Decimal("9.9990"), "7", 3),
        ("1", "a", 1, Decimal("0.0000"), "8", 4),
        ("C1", "a", -1, Decimal("1.5000"), "7", 5),
        ("2", "a", -3, Decimal("0.0000"), None, 6),
        ("A9", "B", 1, Decimal("-100.5000"), None, 7),
        ("3", "a", 1, Decimal("1.6000"), "8", 8),
    ]
    assert shop.rows("select order_id, type from raw.current_lines where type <> 'sale' order by all") == [
        ("2", "adjustment"),
        ("A9", "adjustment"),
        ("C1", "return"),
    ]
    assert shop.rows("select refunded_date, quantity, refund_amount from raw.current_refunds") == [
        (date(2026, 10, 31), 1, Decimal("1.50"))
    ]
    for table in ("orders", "order_items", "returns", "customers", "products"):  # which the models make
        assert shop.rows(f"select count(*) from raw.{table}") == [(0,)]
    shop.verify()


def test_an_invoice_over_midnight_has_the_day_it_began(lines_shop: Any) -> None:
    shop = lines_shop(orders_over_days="one_order")
    land(shop, "1,a,Mug,1,2026-10-31 00:01,1,,", "1,b,Pot,1,2026-10-30 23:59,1,,", "C1,a,Mug,-1,2026-10-31 00:01,1,,")
    shop.load()
    assert shop.rows("select order_date from raw.transactions") == [(date(2026, 10, 30),)] * 2
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


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("getenv('HOME') <> ''", r"it uses getenv\(\), which is not allowed"),
        ("exists (from read_text('/etc/passwd'))", "it has a subquery"),
        ("quantity < 0) or (select 1", "is no condition over the columns"),
    ],
)
def test_a_rule_sees_the_line_and_nothing_else(lines_shop: Any, when: str, told: str) -> None:
    shop = lines_shop(line_rules=[{"type": "return", "reason": "r", "when": when}])
    land(shop, "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE")
    with pytest.raises(LoadError, match=told):
        shop.load()


def test_a_rule_compares_numbers_with_numbers(lines_shop: Any) -> None:
    shop = lines_shop(line_rules=[{"type": "adjustment", "reason": "r", "when": "unit_price > quantity"}])
    land(shop, "1,a,Mug,10,2026-10-30 10:00,9.50,7,DE", "2,a,Mug,1,2026-10-30 10:00,1.50,7,DE")
    shop.load()
    assert shop.rows("select order_id from raw.current_lines where type = 'sale'") == [("1",)]


def test_a_later_file_with_the_invoice_counts_in_its_place(lines_shop: Any) -> None:
    shop = lines_shop()
    land(shop, "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE", "1,b,Pot,1,2026-10-30 10:00,9,7,DE", key="a.csv")
    shop.load()
    land(shop, "1,a,Mug,3,2026-10-30 10:00,1.50,7,FR", key="b.csv", day=date(2026, 11, 1))
    shop.load()
    assert shop.rows("select product_id, quantity from raw.transactions") == [("a", 3)]


def test_a_later_file_replaces_an_invoice_with_all_its_kinds_of_lines(lines_shop: Any) -> None:
    shop = lines_shop()
    current = "select type, order_id, product_id from raw.current_lines order by all"
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
        "C2,b,Pot,-1,2026-10-30 11:00,9,7,DE",
        "3,a,Mug,2,2026-10-30 12:00,1.50,7,DE",
        "3,c,Jug,-1,2026-10-30 12:00,1.50,7,DE",
        key="b.csv",
    )
    shop.load()
    newer = [("adjustment", "3", "c"), ("return", "C2", "b"), ("sale", "1", "a"), ("sale", "3", "a")]
    assert shop.rows(current) == newer
    shop.verify()
    shop.load(full_refresh=True)
    assert shop.rows(current) == newer
    # An older file that comes late changes nothing, and a correction that leaves the invoices out gives them back.
    land(shop, "C2,d,Jug,-1,2026-10-30 11:00,5,7,DE", key="c.csv", day=date(2026, 10, 29))
    shop.load()
    assert shop.rows(current) == newer
    land(shop, "9,a,Mug,1,2026-10-31 10:00,1.50,7,DE", key="b.csv")
    shop.load()
    assert shop.rows(current) == [
        ("adjustment", "1", "b"),
        ("return", "C2", "a"),
        ("return", "C2", "b"),
        ("sale", "1", "a"),
        ("sale", "3", "a"),
        ("sale", "9", "a"),
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


def test_repeated_lines_stop_the_load_until_the_client_file_says_what_they_mean(lines_shop: Any) -> None:
    """A sale of 281.37 was dropped as a repeat, with a warning that nobody read."""
    shop = lines_shop()
    sale = "7,a,Mug,3,2026-10-30 10:00,93.79,7,DE"
    land(shop, "6,a,Mug,1,2026-10-30 09:00,1.50,7,DE", key="first.csv")
    land(shop, sale, "1,a,Mug,1,2026-10-30 10:00,1.50,7,DE", sale, ",a,Mug,1,,9,,", ",a,Mug,1,,9,,", key="second.csv")
    with pytest.raises(LoadError) as stopped:
        shop.load()
    assert "second.csv: 1 of its rows, worth 281.37 EUR, comes again further down (lines 2 and 4), and" in str(
        stopped.value
    )
    assert "Say for sources.order_lines of the client file repeated_rows: keep" in str(stopped.value)
    assert shop.rows("select order_id from raw.order_lines") == [("6",)]
    kept = replace(shop, client=lines_shop(repeated_rows="keep").client)
    kept.load()  # nothing that was loaded before would be another row
    assert kept.rows("select sum(quantity * unit_price) from raw.transactions") == [(Decimal("565.74"),)]
    kept.verify()


def test_items_without_a_number_are_not_taken_for_repeats_either(make_shop: Make) -> None:
    columns = {"order_id": "id", "product_id": "sku", "quantity": "n", "unit_price": "each"}
    items = {"kind": "files", "path": "x", "format": "csv", "columns": columns}
    orders = {**items, "columns": {"order_id": "id", "order_at": "at"}}
    shop = make_shop({"orders": orders, "order_items": items})
    shop.land("order_items", "id,sku,n,each\n" + "1,a,2,1.50\n" * 3, file="i.csv", count=3)
    with pytest.raises(LoadError, match=r"2 of its rows, worth 6\.00 EUR, come again .*\(lines 2 and 4, 3 and 4\)"):
        shop.load()


def test_repeated_lines_that_are_dropped_are_told(lines_shop: Any) -> None:
    shop = lines_shop(repeated_rows="drop")
    land(shop, *["1,a,Mug,1,2026-10-30 23:59,1.50,7,DE"] * 2, "C2,b,Pot,-1,2026-10-30 23:59,9,7,DE", key="a.csv")
    assert shop.load().warnings == (
        (
            "repeated rows: "
            "order_lines/a.csv/0001: 1 of 3 rows repeat another one and do not count; if they should, say "
            "repeated_rows: keep for sources.order_lines"
        ),
    )
    ((kept,),) = shop.rows("select warnings from raw.load_ledger")
    assert [text.split(": ")[0] for text in kept] == ["repeated rows"]


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
            "lines that disagree: "
            "order_lines/lines.csv/0001: 1 order does not have one customer_id in all lines, for example 5 with 7, 8. "
            "The first one counts, here 8. If they are several orders, have them numbered apart"
        ),
        (
            "lines that disagree: "
            "order_lines/lines.csv/0001: 2 orders do not have one status in all lines, for example 5 with cancelled, "
            "placed. The first one counts, here placed. If they are several orders, have them numbered apart"
        ),
    )
    assert shop.rows("select order_id, status from raw.current_orders order by order_id") == [
        ("4", "cancelled"),
        ("5", "placed"),
        ("9", "shipped"),
    ]


RETURNED_BY_QUANTITY = [{"type": "return", "reason": "returned", "when": "quantity < 0"}]


def test_a_return_has_its_own_day_and_never_takes_the_place_of_its_sale(lines_shop: Any) -> None:
    shop = lines_shop(line_rules=RETURNED_BY_QUANTITY)
    refunds = "select refunded_date, quantity, refund_amount from raw.current_refunds order by all"
    sold = "select order_date, quantity from raw.transactions"
    land(
        shop,
        "1,a,Mug,-1,2026-10-09 09:00,10,7,DE",
        "1,a,Mug,5,2026-09-10 10:00,10,7,DE",
        key="a.csv",
        day=date(2026, 10, 10),
    )
    shop.load()
    assert shop.rows(sold) == [(date(2026, 9, 10), 5)]
    first = (date(2026, 10, 9), 1, Decimal("10.00"))
    assert shop.rows(refunds) == [first]
    # Under the number of the sale: one more on another day, and what came back on the first day is three, not one.
    second = (date(2026, 10, 20), 2, Decimal("20.00"))
    land(shop, "1,a,Mug,-2,2026-10-20 09:00,10,7,DE", key="b.csv", day=date(2026, 10, 21))
    shop.load()
    assert shop.rows(sold) == [(date(2026, 9, 10), 5)]
    assert shop.rows(refunds) == [first, second]
    land(shop, "1,a,Mug,-3,2026-10-09 09:00,10,7,DE", key="c.csv", day=date(2026, 10, 22))
    shop.load()
    assert shop.rows(sold) == [(date(2026, 9, 10), 5)]
    assert shop.rows(refunds) == [(date(2026, 10, 9), 3, Decimal("30.00")), second]
    shop.verify(full=True)


MONEY = {"discount_amount": "off", "line_tax_amount": "tax"}


def land_money(shop: Shop, *lines: str) -> None:
    """Lines of quantity, price, discount and tax; what is below zero came back."""
    rows = [
        f"{'C' if line.startswith('-') else ''}{number},a,2026-10-30,{line}" for number, line in enumerate(lines, 1)
    ]
    shop.land("order_lines", "\n".join(["invoice,code,at,n,price,off,tax", *rows, ""]), count=len(lines))
    shop.load()


@pytest.mark.parametrize(("tax", "refunds"), [("inside", ("11.90", "20.80")), ("on_top", ("13.80", "24.12"))])
def test_a_returned_line_gives_back_its_price_less_discount_with_its_tax(
    make_shop: Make, tax: str, refunds: tuple[str, ...]
) -> None:
    columns = {ours: theirs for ours, theirs in COLUMNS.items() if theirs in ("invoice", "code", "n", "at", "price")}
    source = {"kind": "files", "path": "x", "format": "csv", "columns": columns | MONEY, "line_rules": RULES}
    shop = make_shop({"order_lines": source}, tax=tax)
    land_money(
        shop,
        "1,11.90,0,1.90",
        "-1,11.90,0,-1.90",
        "-2,11.90,3.00,3.32",
        "-1,1.00,1.50,0",
        "-1,1.00,0,-2",
        "1,9.00,-1,0",
        "1,9,0,-1",
    )
    assert [reason.partition("; ")[0] for reason in shop.reasons()] == [
        "discount_amount 1.50 is above what the line gives back, 1.00",
        "line_tax_amount -2.00 is above what the line gives back, 1.00",
        "discount_amount -1.00 of a sale is below 0",
        "line_tax_amount -1.00 of a sale is below 0",
    ]
    found = shop.rows("select refund_amount from raw.current_refunds order by 1")
    assert found == [(Decimal(amount),) for amount in refunds]
    shop.verify()
