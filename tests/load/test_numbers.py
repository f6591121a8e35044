"""Amounts and dates as shops write them, by the settings that say how."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from contracts.client_file import Client
from load.errors import LoadError
from tests.load.conftest import Make
from tests.load.test_shop_files import files, parquet, payments_of, shop_of_payments

NBSP, THIN = "\u00a0", "\u202f"


def amounts(make_shop: Make, *texts: str, **options: Any) -> tuple[list[str], list[str]]:
    """The amounts that the texts are, and the reasons of those that are none."""
    shop = shop_of_payments(make_shop, delimiter=";", **options)
    rows = [f'{number};1;"{text}"' for number, text in enumerate([*texts, "0"])]
    shop.land("payments", "\n".join(["id;order;amount", *rows, ""]), file="p.csv", count=len(rows))
    shop.load()
    *found, _ = [str(amount) for _, amount in payments_of(shop)]
    reasons = shop.reasons()
    assert len(found) + len(reasons) == len(texts)
    return found, reasons


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1 234,50",
            f"1{NBSP}234,50",
            f"1{THIN}234,50",
            "1'234,50",
            "1.234,50",
            "€ 1.234,50",
            "1234,50€",
            "1234,5 EUR",
        ),
        *("eur 1234,50", "+1234,50", " 1234,50 ", "\uff11\uff12\uff13\uff14,5\uff10", "٠١٢٣٤,٥٠"),
    ],
)
def test_amounts_with_groups_and_currency(make_shop: Make, text: str) -> None:
    said = {"decimal": ",", "thousands": ". '", "currency_signs": True}
    assert amounts(make_shop, text, **said) == (["1234.50"], [])


@pytest.mark.parametrize(
    "text", ["(12,50)", "1.23.456,00", "1.234 567,00", "12,50 $", "$12,50", "0.123,00", "12.50", "NaN"]
)
def test_amounts_that_fit_no_setting_are_refused(make_shop: Make, text: str) -> None:
    found, (reason,) = amounts(make_shop, text, decimal=",", thousands=". '", currency_signs=True)
    assert not found
    assert f"amount is '{text}'; expected an amount" in reason


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("(12.50)", "negatives: brackets"),
        ("12.50-", "negatives: trailing"),
        ("-12.50", "negated: [amount]"),
        ("€12.50", "currency_signs: true"),
        ("12.50 EUR", "currency_signs: true"),
        ("1 234.50", "thousands: "),
        ("12,50", 'decimal: ","'),
        ("12.505", "rounded: [amount]"),
    ],
)
def test_a_reason_names_the_setting(make_shop: Make, text: str, setting: str) -> None:
    _, (reason,) = amounts(make_shop, text)
    assert setting in reason


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (["1,234", "12,345.60"], ["1234.00", "12345.60"]),
        (["1,234", "1,50"], []),
        (["1,234", "0,125"], []),
        (["1,234", "1.234,50"], []),
        (["0,125", "0,050", "00,999"], []),
        (["1,234", "x"], ["1234.00"]),
        (["1,050"], ["1050.00"]),
    ],
)
def test_a_comma_is_a_thousands_sign_while_no_row_shows_it_as_the_decimal(
    make_shop: Make, texts: list[str], read: list[str]
) -> None:
    assert amounts(make_shop, *texts)[0] == read


def test_what_is_said_of_thousands_is_not_guessed_at(make_shop: Make) -> None:
    assert amounts(make_shop, "1,234", "1,50", "1 234", thousands=",")[0] == ["1234.00"]


@pytest.mark.parametrize(
    ("text", "said", "amount"),
    [
        ("-10.00", {"negated": ["amount"]}, "10.00"),
        ("0", {"negated": ["amount"]}, "0.00"),
        ("(10.00)", {"negated": ["amount"], "negatives": "brackets"}, "10.00"),
        ("10.00-", {"negated": ["amount"], "negatives": "trailing"}, "10.00"),
        ("\u221210.00", {"negated": ["amount"]}, "10.00"),
        ("-€10.00", {"negated": ["amount"], "currency_signs": True}, "10.00"),
        ("0.833333", {"rounded": ["amount"]}, "0.83"),
        ("3.335", {"rounded": ["amount"]}, "3.34"),
        ("3.3349999", {"rounded": ["amount"]}, "3.33"),
        ("-3.335", {"rounded": ["amount"], "negated": ["amount"]}, "3.34"),
        ("1999", {"minor_units": ["amount"]}, "19.99"),
        ("19.989999999999998", {}, "19.99"),
        ("0.30000000000000004", {}, "0.30"),
        ("1.4210854715202004e-14", {}, "0.00"),
    ],
)
def test_signs_rounding_and_noise(make_shop: Make, text: str, said: dict[str, Any], amount: str) -> None:
    assert amounts(make_shop, text, **said) == ([amount], [])


def test_an_amount_above_zero_is_refused_where_all_are_below(make_shop: Make) -> None:
    found, (reason,) = amounts(make_shop, "-10.00", "5.00", negated=["amount"])
    assert found == ["10.00"]
    assert reason.endswith("; negated: [amount] expects amounts of 0 or below")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1500.00"), ("EUR", "15.00"), ("HUF", "15.00")])
def test_minor_units_are_of_the_currency(make_shop: Make, currency: str, amount: str) -> None:
    shop = make_shop(
        {
            "orders": files({"order_id": "id", "order_at": "at"}),
            "payments": files(
                {"payment_id": "id", "order_id": "order", "amount": "amount"},
                constants={"status": "succeeded"},
                minor_units=["amount"],
            ),
        },
        currency=currency,
    )
    shop.land("payments", "id,order,amount\n1,1,1500\n", file="p.csv", count=1)
    shop.load()
    assert payments_of(shop) == [("1", Decimal(amount))]


@pytest.mark.parametrize("currency", ["KWD", "BHD", "TND"])
def test_a_currency_of_three_decimals_is_refused_by_name(currency: str) -> None:
    fields = {"client": "c", "name": "C", "time_zone": "UTC", "sources": {"orders": {"kind": "demo"}}}
    with pytest.raises(ValueError, match=f"{currency} has 3 decimals"):
        Client.model_validate({**fields, "currency": currency})


def test_a_float_keeps_its_decimals_and_loses_its_noise(make_shop: Make) -> None:
    shop = shop_of_payments(make_shop, format="parquet", rounded=["amount"])
    data = parquet(id=["1", "2", "3"], order=["1"] * 3, amount=[0.1 + 0.2, 6.666667, 12345678.91])
    shop.land("payments", data, file="p.parquet", count=3)
    shop.load()
    assert [str(amount) for _, amount in payments_of(shop)] == ["0.30", "6.67", "12345678.91"]


@pytest.mark.parametrize(
    ("date_format", "text", "moment"),
    [
        ("epoch_seconds", "1789034400", "2026-09-10T10:00:00"),
        ("epoch_seconds", "1789034400.250", "2026-09-10T10:00:00.250"),
        ("epoch_seconds", "1167609600", "2007-01-01T00:00:00"),
        ("epoch_milliseconds", "1789034400250", "2026-09-10T10:00:00.250"),
        ("excel_serial", "46275.416666666664", "2026-09-10T08:00:00"),
        ("excel_serial", "46275", "2026-09-09T22:00:00"),
        (["%d.%m.%Y", "%d.%m.%y %H:%M"], "10.09.2026", "2026-09-09T22:00:00"),
        (["%d.%m.%Y", "%d.%m.%y %H:%M"], "10.09.26 12:00", "2026-09-10T10:00:00"),
        (["%m/%d/%y", "%m/%d/%Y"], "09/10/26", "2026-09-09T22:00:00"),
        (["%d/%m/%Y", "%m/%d/%Y"], "25/12/2025", "2025-12-24T23:00:00"),
        (["%d/%m/%Y", "%m/%d/%Y"], "05/06/2026", None),
        (["%d/%m/%Y", "%m/%d/%Y"], "06/06/2026", "2026-06-05T22:00:00"),
        (["epoch_seconds", "%Y-%m-%d"], "2026-06-06", "2026-06-05T22:00:00"),
        ("%m/%d/%y", "10/5/2026", None),
        ("epoch_seconds", "2026-09-10", None),
        ("epoch_seconds", "99999999999999", None),
        ("excel_serial", "1789034400", None),
        (None, "2026-09-10T10:00:00+02:00", "2026-09-10T08:00:00"),
        (None, "2026-09-10T10:00:00+05:45", "2026-09-10T04:15:00"),
        (None, "2026-09-10T10:00:00+14:00", "2026-09-09T20:00:00"),
        (None, "2026-09-10T10:00:00-12", "2026-09-10T22:00:00"),
        (None, "2026-09-10T10:00:00+99:99", None),
        (None, "2026-09-10T10:00:00+00:60", None),
        (None, "2026-09-10T10:00:00-13:00", None),
        (None, "2026-09-10T10:00:00+1500", None),
        (None, "1789034400", None),
        ("%d.%m.%Y %H:%M %z", "10.09.2026 12:00 +0200", "2026-09-10T10:00:00"),
        ("%d.%m.%Y %H:%M %z", "10.09.2026 12:00 +9999", None),
        ("%d.%m.%Y %H:%M %z", "10.09.2026 12:00 +00:60", None),
        ("%a %b %d %H:%M:%S %z %Y", "Thu Sep 10 12:00:00 +0200 2026", "2026-09-10T10:00:00"),
        ("%a %b %d %H:%M:%S %z %Y", "Thu Sep 10 12:00:00 +1500 2026", None),
    ],
)
def test_moments_as_they_are_written(make_shop: Make, date_format: Any, text: str, moment: str | None) -> None:
    shop = make_shop({"orders": files({"order_id": "id", "order_at": "at"}, date_format=date_format)})
    shop.land("orders", f"id,at\n1,{text}\n", file="o.csv", count=1)
    if moment is None:
        with pytest.raises(LoadError, match=re.escape(f"line 2: order_at is '{text}'; expected a date or timestamp")):
            shop.load()
        return
    shop.load()
    assert shop.rows("select order_at from raw.orders") == [(datetime.fromisoformat(moment),)]


@pytest.mark.parametrize(
    ("text", "setting"),
    [("1789034400", "epoch_seconds"), ("1789034400000", "epoch_milliseconds"), ("46275.4166", "excel_serial")],
)
def test_a_number_where_a_date_is_expected_says_the_setting(make_shop: Make, text: str, setting: str) -> None:
    shop = make_shop({"orders": files({"order_id": "id", "order_at": "at"})})
    shop.land("orders", f"id,at\n1,{text}\n", file="o.csv", count=1)
    with pytest.raises(LoadError, match=f"say date_format: {setting}"):
        shop.load()


def test_typed_numbers_count_from_1970(make_shop: Make) -> None:
    columns = {"order_id": "id", "order_at": "at"}
    shop = make_shop({"orders": files(columns, format="parquet", date_format="epoch_seconds")})
    shop.land("orders", parquet(id=["1"], at=[1789034400]), file="o.parquet", count=1)
    shop.load()
    assert shop.rows("select order_at from raw.orders") == [(datetime(2026, 9, 10, 10),)]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("currency", "amount"), [("EUR", "15.00"), ("", "15.00"), ("jpy", "1500.00"), ("USD", "15.00"), ("KWD", None)]
)
def test_minor_units_are_of_the_currency_that_a_row_says(make_shop: Make, currency: str, amount: str | None) -> None:
    columns = {"order_id": "id", "order_at": "at", "shipping_amount": "amount", "currency": "currency"}
    sources = {
        "orders": files(columns, minor_units=["shipping_amount"]),
        "exchange_rates": files({"rate_date": "d", "currency": "c", "rate": "r"}),
    }
    shop = make_shop(sources)
    rows = f"1,2026-10-01,1500,{currency}\n2,2026-10-01,100,EUR\n"
    shop.land("orders", f"id,at,amount,currency\n{rows}", file="o.csv", count=2)
    shop.load()
    found = [str(one) for (one,) in shop.rows("select shipping_amount from raw.orders where order_id = '1'")]
    assert found == ([amount] if amount else [])
