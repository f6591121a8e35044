"""How numbers are written, and that no downloaded cell is a formula."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest

from serve import wording
from serve.dashboard.downloads import Column, as_csv, as_excel, escape_formula
from serve.dashboard.figures import Totals
from serve.dashboard.filters import Filters, period
from serve.dashboard.views.marketing import total
from serve.wording import Money

ROWS = [
    {"name": '=cmd|"/c calc"!A1', "net": Decimal("-1234.50"), "when": date(2026, 10, 31), "rate": 0.125, "left": None},
    {"name": "Zoë", "net": Decimal("7.00"), "when": date(2026, 11, 1), "rate": None, "left": 3},
]
COLUMNS = [
    Column("name", "Name"),
    Column("net", "Revenue", "money"),
    Column("when", "Day", "day"),
    Column("rate", "Rate", "share"),
    Column("left", "Left", "count"),
]
FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_execute_is_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("value", ["plain", "", None, -5, Decimal("-5.00"), date(2026, 1, 1)])
def test_anything_else_stays_as_it_is(value: object) -> None:
    assert escape_formula(value) == value


def test_a_csv_has_every_value() -> None:
    text = as_csv(ROWS, COLUMNS, Money("EUR"))
    assert text.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(StringIO(text.decode("utf-8-sig")))) == [
        ["Name", "Revenue (EUR)", "Day", "Rate", "Left"],
        ['\'=cmd|"/c calc"!A1', "-1234.50", "2026-10-31", "0.125", ""],
        ["Zoë", "7.00", "2026-11-01", "", "3"],
    ]


def test_an_excel_file_has_numbers_days_and_no_formula() -> None:
    with ZipFile(BytesIO(as_excel(ROWS, COLUMNS, Money("EUR")))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "'=cmd" in texts
    assert "Zoë" in texts
    assert "<v>-1234.50</v>" in sheet
    assert "<v>46326</v>" in sheet  # 31 October 2026, counted from 1900


@pytest.mark.parametrize(
    ("currency", "amount", "card", "text"),
    [
        ("USD", Decimal("1234.5"), "$1,235", "$1,234.50"),
        ("EUR", Decimal("-999.99"), "-€999.99", "-€999.99"),
        ("GBP", Decimal("12345678.90"), "£12.3 M", "£12,345,678.90"),
        ("JPY", Decimal("1234"), "¥1,234", "¥1,234"),
        ("CHF", Decimal("5"), "CHF 5.00", "CHF 5.00"),
        ("USD", None, "–", "–"),
    ],
)
def test_amounts_are_written_in_the_currency(currency: str, amount: Decimal | None, card: str, text: str) -> None:
    assert Money(currency).card(amount) == card
    assert Money(currency).text(amount) == text


def test_a_name_means_nothing_to_markdown() -> None:
    assert wording.plain_markdown("$5 *x* [a](b)") == r"\$5 \*x\* \[a\]\(b\)"


@pytest.mark.parametrize(
    ("name", "last", "expected"),
    [
        ("28 days", LAST, date(2026, 10, 4)),
        ("12 months", LAST, date(2025, 11, 1)),
        ("12 months", date(2028, 2, 29), date(2027, 3, 1)),
        ("12 months", date(2025, 3, 15), FIRST),
        ("all", LAST, FIRST),
    ],
)
def test_a_period_ends_with_the_data_and_stays_within_it(name: str, last: date, expected: date) -> None:
    assert period(name, FIRST, last) == (expected, last)


def test_the_period_before_is_as_long_and_there_or_none() -> None:
    half = Filters(FIRST, LAST, date(2026, 5, 1), LAST, country=("US",))
    before = half.previous()
    assert before == Filters(FIRST, LAST, date(2025, 10, 29), date(2026, 4, 30), country=("US",))
    assert Filters(FIRST, LAST, date(2025, 10, 31), LAST).previous() is None
    assert Filters(FIRST, LAST, date(2025, 11, 1), LAST).previous() is not None


@pytest.mark.parametrize(("net", "average"), [("81.00", "$10.13"), ("-81.00", "-$10.13"), ("80.99", "$10.12")])
def test_an_amount_per_something_is_rounded_as_in_the_marts(net: str, average: str) -> None:
    """Half a cent away from zero; a change is of what was not rounded."""
    assert Money("USD").text(Totals(8, Decimal(net), 0, Decimal(0)).avg_order_value) == average
    row = {"spend": Decimal(net), "attributed_revenue": Decimal(0), "new_customer_count": 8}
    assert Money("USD").text(total([row])["cac"]) == average


def test_what_advertising_brought_is_unknown_and_not_nothing_where_no_sale_says_its_channel() -> None:
    row = {"spend": Decimal("100.00"), "attributed_revenue": None, "new_customer_count": None}
    assert total([row]) == {**row, "roas": None, "cac": None}
    assert Totals(1, Decimal(5), 2, Decimal(0), returned_units=None).return_rate is None
