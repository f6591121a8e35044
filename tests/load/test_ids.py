"""Which texts of a shop's own file are one id, which are none, and which are refused."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.ids import BLANKS, LOST_DIGITS, id_text
from load.ids import canonical_id
from tests.load.conftest import Make, Shop
from tests.load.test_shop_files import ORDERS, files

REFUSED = (
    "; expected all digits of the id, of which a spreadsheet shows the first few: format its column as text and "
    "export again"
)
PIECES = st.sampled_from([*"0Aé@.-=\"'eE+ \n", "ß", "İ", "Σ", "\u00a0", "\u200b", "\u0661", "42", ".0", '="'])


def shop_of_customers(make_shop: Make, *ids: str, **options: Any) -> Shop:
    rows = "".join(json.dumps({"id": str(n), "who": text, "when": "2026-10-30"}) + "\n" for n, text in enumerate(ids))
    shop = make_shop({"orders": files(ORDERS, format="jsonl", **options)})
    shop.land("orders", rows, file="o.jsonl", count=len(ids))
    shop.load()
    return shop


def customers(shop: Shop) -> list[str | None]:
    return [customer for (customer,) in shop.rows("select customer_id from raw.orders order by _line")]


@pytest.mark.parametrize(
    ("delivered", "customer"),
    [
        ("17850", "17850"),
        (" 17850\t", "17850"),
        ("\u00a017850\u200b", "17850"),
        ("17850.0", "17850"),
        ("17850.00", "17850"),
        ("-7.0", "-7"),
        ("17850.5", "17850.5"),
        ("v1.0.0", "v1.0.0"),
        ('="0042"', "0042"),
        ("'0042", "0042"),
        ('=" 0042 "', "0042"),
        ("O'Hara", "O'Hara"),
        ("Ann@Example.COM ", "ann@example.com"),
        ("MUG-1", "MUG-1"),
        ("1E5", "1E5"),
        ("0042", "0042"),
    ],
)
def test_an_id_is_the_same_however_it_is_written(make_shop: Make, delivered: str, customer: str) -> None:
    shop = shop_of_customers(make_shop, delivered)
    assert customers(shop) == [customer]
    assert id_text(delivered) == customer


@pytest.mark.parametrize(
    "delivered", ["", " ", "NULL", "null", "None", "nan", "NaN", "N/A", "#N/A", "-", "undefined", "0", "0.0", "Guest"]
)
def test_nobody_is_no_customer(make_shop: Make, delivered: str) -> None:
    shop = shop_of_customers(make_shop, delivered)
    assert customers(shop) == [None]
    assert shop.reasons() == []


@pytest.mark.parametrize("delivered", ["1.23E+05", "1,23E+05", "9E+15", "-1.5e+10"])
def test_an_id_that_lost_its_digits_is_refused(make_shop: Make, delivered: str) -> None:
    shop = shop_of_customers(make_shop, delivered, "17850")
    assert shop.reasons() == [f"customer_id is '{delivered}'{REFUSED}"]
    assert customers(shop) == ["17850"]


def test_what_must_be_there_is_not_there_by_a_word_for_nothing(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    shop.land("orders", "id,who,when\nNULL,a,2026-10-30\n0,b,2026-10-30\n", file="o.csv", count=2)
    shop.load()
    assert shop.reasons() == ["order_id is 'NULL'; expected an id"]
    assert shop.rows("select order_id, customer_id from raw.orders") == [("0", "b")], "an order may have number 0"


def test_the_client_file_says_which_words_are_nobody_and_whether_capitals_count(make_shop: Make) -> None:
    shop = shop_of_customers(
        make_shop, "0", "Till", "None", "Ann", "ANN", guest_ids=["till"], empty_texts=[], fold_id_case=True
    )
    assert customers(shop) == ["0", None, "none", "ann", "ann"]


@settings(deadline=None)
@given(st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=4))
@example("ΟΔΟΣ@x")
@example("İ@x")
@example('="a\nb"')
@example("'" + BLANKS)
def test_erasures_know_an_id_as_load_does(text: str) -> None:
    with duckdb.connect() as con:
        plain, folded = con.execute(
            f"select {canonical_id('$1')}, {canonical_id('$1', fold_case=True)}", [text]
        ).fetchall()[0]
    assert (id_text(text), id_text(text, fold_case=True)) == (plain, folded)


def test_guarded_ids_are_counted_and_capitals_are_warned_of(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    rows = ["id,who,when", "1,'0042,x", '2,"=""0042""",x', "3,Ann,x", "4,ANN,x"]
    text = "\n".join([*rows, ""]).replace("x", "2026-10-30")
    shop.land("orders", text, file="o.csv", count=4)
    (delivery,) = shop.load().deliveries
    assert delivery.warnings == (
        (
            "ids that a spreadsheet guards: orders/2026-10/0001: 2 rows have an id that a spreadsheet guards as text "
            '(="0042" or \'0042); it is read without the guard'
        ),
        (
            "ids that differ by capitals alone: orders/2026-10/0001: customer_id has 1 pair of ids that differ by "
            "capitals alone, such as ANN and Ann; if these are one, say fold_id_case: true for sources.orders"
        ),
    )


def test_lost_digits_are_told_from_codes() -> None:
    with duckdb.connect() as con:
        found = con.execute(
            "select list(text) from unnest(['1.2E+5', '12E4', '1E5', '3E+2X', '5e+07']) as t(text) "
            "where regexp_full_match(text, ?)",
            [LOST_DIGITS],
        ).fetchone()
    assert found == (["1.2E+5", "5e+07"],)


@pytest.mark.parametrize(
    ("code", "is_told"),
    [
        *(("1-Mar", True), ("01-Mar", True), ("Mar-26", True), ("3-Jan-2026", True), ("5. Mai", True), ("1-Okt", True)),
        *(("3-1", False), ("MAR-1", False), ("1-MUG", False), ("MARCH-26", False), ("DEC-1000X", False)),
    ],
)
def test_codes_that_a_spreadsheet_made_dates_of_are_told(make_shop: Make, code: str, *, is_told: bool) -> None:
    shop = make_shop({"products": files({"product_id": "id"}), "orders": files({"order_id": "o", "order_at": "o"})})
    shop.land("products", f"id\nMUG\n{code}\n", file="p.csv", count=2)
    warnings = [text for text in shop.load().warnings if text.startswith("ids that look like dates")]
    assert len(warnings) == is_told
    assert all(
        f"product_id has 1 code looks like dates that a spreadsheet made: {code} (line 3)" in text for text in warnings
    )
