"""Which delivered text becomes which value, and the reason where it becomes none: deliveries in our own layout."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.load.conftest import CUSTOMERS, PRODUCTS, Make, Shop, item, order, payment

AMOUNT = "expected an amount from 0 to 999,999,999,999.99"
PRICE = "expected an amount from 0 to 999,999,999,999.9999"
LINE_NUMBER = "expected a whole number from 1 to 999,999,999,999,999"
COUNT = "expected a number above 0, up to 999,999,999.999"
MOMENT = "expected a date or timestamp from 1900 on, such as 2026-10-31T16:20:05Z"

BAD_ORDERS: list[tuple[dict[str, Any] | str, str]] = [
    ({"order_id": None}, "order_id is null; expected an id"),
    ({"order_id": " "}, "order_id is ' '; expected an id"),
    ({"order_at": None}, f"order_at is null; {MOMENT}"),
    ({"order_at": "2026-02-29T10:00:00Z"}, f"order_at is '2026-02-29T10:00:00Z'; {MOMENT}"),
    ({"order_at": "infinity"}, f"order_at is 'infinity'; {MOMENT}"),
    ({"order_at": "0001-01-01"}, f"order_at is '0001-01-01'; {MOMENT}"),
    ({"order_at": "31/10/2026"}, f"order_at is '31/10/2026'; {MOMENT}"),
    ({"order_at": "2026-10-30T24:00:01"}, f"order_at is '2026-10-30T24:00:01'; {MOMENT}"),
    ({"order_at": "2026-10-30 10:00 (BC)"}, f"order_at is '2026-10-30 10:00 (BC)'; {MOMENT}"),
    ({"order_at": "2026-10-30 10:00 CET"}, f"order_at is '2026-10-30 10:00 CET'; {MOMENT}"),
    ({"status": "lost"}, "status is 'lost'; expected one of placed, completed, shipped, cancelled"),
    ({"status": None}, "status is null; expected one of placed, completed, shipped, cancelled"),
    ({"tax_amount": "1.005"}, "tax_amount is '1.005', which has too many decimals; expected at most 2"),
    ({"tax_amount": "-1.005"}, f"tax_amount is '-1.005'; {AMOUNT}"),
    (
        {"items": [item(1406901234567890)]},
        f"item 1406901234567890: line_number is '1406901234567890'; {LINE_NUMBER}",
    ),
    ({"tax_amount": "-1.00"}, f"tax_amount is '-1.00'; {AMOUNT}"),
    ({"tax_amount": "nan"}, f"tax_amount is 'nan'; {AMOUNT}"),
    ({"tax_amount": "1e3"}, f"tax_amount is '1e3'; {AMOUNT}"),
    ({"tax_amount": "12345678901234567.00"}, f"tax_amount is '12345678901234567.00'; {AMOUNT}"),
    ({"shipping_amount": None}, "shipping_amount is null; expected an amount up to 999,999,999,999.99"),
    ({"items": None}, "items is not a list"),
    ({"items": "two"}, "items is not a list"),
    ({"items": [item(1), item(2, quantity="two")]}, f"item 2: quantity is 'two'; {COUNT}"),
    (
        {"items": [item(1, quantity=2.5001)]},
        "item 1: quantity is '2.5001', which has too many decimals; expected at most 3",
    ),
    ({"items": [item(1, quantity=0)]}, f"item 1: quantity is '0'; {COUNT}"),
    ({"items": [item(1, quantity="0x10")]}, f"item 1: quantity is '0x10'; {COUNT}"),
    ({"items": [item(1, unit_price="-5.00")]}, f"item 1: unit_price is '-5.00'; {PRICE}"),
    (
        {"items": [item(1, unit_price="0.00001")]},
        "item 1: unit_price is '0.00001', which has too many decimals; expected at most 4",
    ),
    ({"items": [item(1, unit_price="1234567890123")]}, f"item 1: unit_price is '1234567890123'; {PRICE}"),
    (
        {"items": [item(1, quantity=999999999, unit_price="999999999999.9999")]},
        (
            "item 1: quantity 999999999 at unit_price 999999999999.9999 is too much for one line; "
            "expected less than 1,000,000,000,000"
        ),
    ),
    ({"items": [item(1, product_id=None)]}, "item 1: product_id is null; expected an id"),
    ({"items": [item(1), item(1)]}, "item 1 comes twice in the order"),
    (
        {"payments": [payment("X", status="pending")]},
        "payment X: status is 'pending'; expected one of succeeded, failed",
    ),
    ({"payments": [payment("X", amount="ten")]}, f"payment X: amount is 'ten'; {AMOUNT}"),
    (
        {"order_at": "?", "items": [item(1, quantity="two")]},
        f"order_at is '?'; {MOMENT}; item 1: quantity is 'two'; {COUNT}",
    ),
    ('{"order_id": "cut off", "items": [', "the line is not JSON"),
    ("<html><body>Please log in</body></html>", "the line is not JSON"),
    ("[1, 2]", "order_id is null"),
]


def test_each_bad_order_goes_to_quarantine_whole_with_its_reason_and_text(shop: Shop) -> None:
    lines = [
        change if isinstance(change, str) else json.dumps(order(**{"order_id": f"B{number}", **change}))
        for number, (change, _) in enumerate(BAD_ORDERS)
    ]
    good = json.dumps(order())
    # A blank line is no record, and CRLF no part of one.
    text = "\r\n".join([*lines[:3], "", *lines[3:], good]) + "\r\n"
    shop.land("orders", text, count=len(lines) + 1)
    counts = shop.load().deliveries[0].counts
    assert (counts.landed, counts.loaded, counts.quarantined) == (len(lines) + 1, 1, len(lines))
    found = shop.rows("select line, raw_text, reason from raw.quarantine order by line")
    assert [line for line, _, _ in found] == list(range(1, len(lines) + 1))
    assert [text for _, text, _ in found] == lines
    for (_, expected), (_, _, reason) in zip(BAD_ORDERS, found, strict=True):
        assert reason == expected or (expected == "order_id is null" and reason.startswith(expected))
    assert shop.rows("select order_id, _line from raw.orders") == [("A1", len(lines) + 1)]
    assert shop.rows("select count(*) from raw.order_items") == [(2,)]


def test_bytes_that_are_not_utf8_go_to_quarantine(shop: Shop) -> None:
    shop.land("orders", b'{"order_id": "\xff"}\n' + json.dumps(order()).encode(), count=2)
    shop.load()
    assert shop.rows("select line, raw_text, reason from raw.quarantine") == [
        (1, '{"order_id": "\\xff"}', "the line is not JSON")
    ]
    assert shop.rows("select order_id from raw.orders") == [("A1",)]


@pytest.mark.parametrize(
    "name",
    ["00042", "9007199254740993", "123456789012345678901234567890", 9007199254740993, "Ö-1 ", "日本", "-1", "a'b\"c"],
)
def test_ids_stay_as_they_are(shop: Shop, name: str | int) -> None:
    shop.land("orders", [order(name)])
    shop.load()
    assert shop.rows("select order_id from raw.orders") == [(str(name),)]


@pytest.mark.parametrize(
    "name",
    ["=cmd()", 'He said "no"', "O'Neil; drop table raw.orders", "two\nlines", "a,b\tc", "🙂 zoë", "back\\slash "],
)
def test_names_stay_as_they_are(shop: Shop, name: str) -> None:
    shop.land("customers", [{**CUSTOMERS[0], "first_name": name}])
    shop.load()
    assert shop.rows("select first_name from raw.customers") == [(name,)]


def test_an_empty_text_is_no_value(shop: Shop) -> None:
    shop.land("customers", [{"customer_id": "C1", "first_name": "", "signup_at": ""}])
    shop.load()
    assert shop.rows("select first_name, signup_at from raw.customers") == [(None, None)]


@pytest.mark.parametrize(
    ("delivered", "kept"),
    [
        ("19.99", "19.9900"),
        (19.99, "19.9900"),
        (7, "7.0000"),
        ("0.001", "0.0010"),
        ("123456789012.5678", "123456789012.5678"),
        ("5.", "5.0000"),
        ("+5.10000", "5.1000"),
    ],
)
def test_prices_are_exact(shop: Shop, delivered: object, kept: str) -> None:
    shop.land("orders", [order(items=[item(1, unit_price=delivered)])])
    shop.load()
    assert shop.rows("select unit_price from raw.order_items") == [(Decimal(kept),)]


@pytest.mark.parametrize(
    ("zone", "delivered", "moment", "day"),
    [
        ("America/New_York", "2026-10-31T16:20:05Z", "2026-10-31T16:20:05", "2026-10-31"),
        ("America/New_York", "2026-11-01T03:59:59Z", "2026-11-01T03:59:59", "2026-10-31"),
        ("America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T04:00:00", "2026-11-01"),
        ("Asia/Kolkata", "2026-10-30T18:30:00.123456Z", "2026-10-30T18:30:00.123456", "2026-10-31"),
        ("Europe/Berlin", "2024-02-29T23:30:00+01:00", "2024-02-29T22:30:00", "2024-02-29"),
        ("Europe/Berlin", "2026-10-31 00:30:00-0500", "2026-10-31T05:30:00", "2026-10-31"),
        # Without an offset it is the shop's own time.
        ("Europe/Berlin", "2026-07-01T00:30:00", "2026-06-30T22:30:00", "2026-07-01"),
        ("Europe/Berlin", "2026-07-01", "2026-06-30T22:00:00", "2026-07-01"),
        # 02:30 does not exist on the day the clocks go forward; 02:30 comes twice when they go back.
        ("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T01:30:00", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T01:30:00", "2026-10-25"),
        # So that day has 23 hours and this one 25.
        ("Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29T21:59:59", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-29T22:00:00", "2026-03-30"),
        ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-24T22:00:00", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25T22:59:59", "2026-10-25"),
        # The clocks of Santiago skip midnight itself, and Samoa a whole day.
        ("America/Santiago", "2026-09-06 00:30:00", "2026-09-06T04:30:00", "2026-09-06"),
        ("Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00", "2011-12-31"),
        # Seconds may be left out, and a blank may stand before the offset, as in many shops' exports.
        ("America/New_York", "2026-10-31T16:20Z", "2026-10-31T16:20:00", "2026-10-31"),
        ("America/New_York", "2026-10-31T23:20-04:00", "2026-11-01T03:20:00", "2026-10-31"),
        ("Europe/Berlin", "2026-10-31 00:20+0200", "2026-10-30T22:20:00", "2026-10-30"),
        ("Europe/Berlin", "2026-10-31 00:20:05 -0400", "2026-10-31T04:20:05", "2026-10-31"),
        ("Europe/Berlin", "2026-10-30 23:20:05 utc", "2026-10-30T23:20:05", "2026-10-31"),
        ("Europe/Berlin", "2026-10-30 23:20:05 UTC", "2026-10-30T23:20:05", "2026-10-31"),
        # 24:00 ends its day, wherever it is.
        ("Europe/Berlin", "2026-10-30 24:00:00", "2026-10-30T23:00:00", "2026-10-31"),
        ("Europe/Berlin", "2026-10-29T24:00Z", "2026-10-30T00:00:00", "2026-10-30"),
        ("Europe/Berlin", "2026-10-30T24:00:00-05:00", "2026-10-31T05:00:00", "2026-10-31"),
    ],
)
def test_moments_are_utc_and_days_are_the_shops(
    make_shop: Make, zone: str, delivered: str, moment: str, day: str
) -> None:
    shop = make_shop(time_zone=zone)
    shop.land_masters()
    shop.land("orders", [order(order_at=delivered)], day=date(2026, 11, 1))
    shop.load()
    assert shop.rows("select order_at, order_date from raw.orders") == [
        (datetime.fromisoformat(moment), date.fromisoformat(day))
    ]
    assert shop.rows("select distinct order_date from raw.order_items") == [(date.fromisoformat(day),)]
    shop.verify()


def test_an_order_may_have_no_items_no_payments_and_no_customer(shop: Shop) -> None:
    shop.land("orders", [order(items=[], payments=None, customer_id=None)])
    result = shop.load()
    assert (result.tables["orders"], result.tables["order_items"], result.tables["payments"]) == (1, 0, 0)
    assert shop.rows("select customer_id from raw.orders") == [(None,)]


def test_bad_rows_of_flat_deliveries_go_to_quarantine(shop: Shop) -> None:
    returned = {
        "return_id": "R1",
        "order_id": "A1",
        "line_number": 1,
        "product_id": "P1",
        "customer_id": "C1",
        "quantity": 1,
        "refund_amount": "10.00",
        "returned_at": "2026-10-31T23:30:00Z",
        "reason": "too small",
    }
    shop.land("customers", [*CUSTOMERS, {"customer_id": None}, {"customer_id": "C2", "signup_at": "yesterday"}])
    shop.land("products", [*PRODUCTS, {"product_id": "P2", "list_price": "1,50"}, {"product_id": "P3", "rating": "11"}])
    shop.land("returns", [returned, {**returned, "return_id": "R2", "refund_amount": "1.234"}])
    shop.load()
    assert shop.reasons() == [
        "customer_id is null; expected an id",
        f"signup_at is 'yesterday'; {MOMENT}",
        f"list_price is '1,50'; {AMOUNT}",
        "rating is '11'; expected a rating from 0 to 9.99",
        "refund_amount is '1.234', which has too many decimals; expected at most 2",
    ]
    assert shop.rows("select return_id, refund_amount, returned_date, reason from raw.returns") == [
        ("R1", Decimal("10.00"), date(2026, 11, 1), "too small")
    ]
