"""Values by SQL expression, rows left out by condition: what they may say, and what becomes of rows they fail for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from load.errors import LoadError
from load.expressions import ExpressionError, over
from tests.load.conftest import Make, Shop
from tests.load.test_shop_files import files, parquet

LINES = {"order_id": "order", "product_id": "sku", "quantity": "qty", "order_at": "at", "unit_price": "price"}
HEADER = "order,sku,qty,at,price,rate"


def shop_of_lines(make_shop: Make, columns: dict[str, Any] | None = None, **options: Any) -> Shop:
    return make_shop({"order_lines": files({**LINES, **(columns or {})}, **options)})


def land_lines(shop: Shop, *rows: str, header: str = HEADER) -> None:
    shop.land("order_lines", "\n".join([header, *rows, ""]), file="lines.csv", count=len(rows))


def test_a_key_by_expression(make_shop: Make) -> None:
    shop = shop_of_lines(make_shop, {"order_id": {"sql": 'left("at", 4) || \'-\' || "order"'}})
    land_lines(shop, "1,MUG,1,2025-10-10,10.00,0", "1,MUG,1,2026-10-10,20.00,0")
    shop.load()
    assert shop.rows("select order_id, unit_price from raw.order_lines order by 1") == [
        ("2025-1", Decimal("10.00")),
        ("2026-1", Decimal("20.00")),
    ]
    shop.verify()


@pytest.mark.parametrize(
    ("rate", "price", "amount"),
    [("0.15", "10.00", "4.50"), ("", "10.00", "0.00"), ("0.1", "1,000.00", "300.00"), ("0.5", "19.99", None)],
)
def test_texts_that_are_calculated_with_are_numbers(make_shop: Make, rate: str, price: str, amount: str | None) -> None:
    shop = shop_of_lines(make_shop, {"discount_amount": {"sql": "price * qty * rate"}})
    land_lines(shop, f'1,MUG,3,2026-10-10,"{price}",{rate}', "2,MUG,1,2026-10-10,1,0")
    shop.load()
    if amount is None:
        assert "29.985" in shop.reasons()[0]
        assert "rounded: [discount_amount]" in shop.reasons()[0]
        return
    assert shop.rows("select discount_amount from raw.order_lines where order_id = '1'") == [(Decimal(amount),)]


@pytest.mark.parametrize("rate", ["ten", "0,1", "1e3", "0.1234567", "1-2"])
@pytest.mark.parametrize("sql", ["price * rate", "price * rate / (0.9 + rate)"])
def test_a_row_that_an_expression_fails_for_goes_to_quarantine(make_shop: Make, rate: str, sql: str) -> None:
    """Also where it has the column twice, which DuckDB would calculate with only once and before anything else."""
    shop = shop_of_lines(make_shop, {"discount_amount": {"sql": sql}})
    land_lines(shop, f'1,MUG,1,2026-10-10,10.00,"{rate}"', "2,MUG,1,2026-10-10,10.00,0.1")
    shop.load()
    assert shop.reasons() == [f"columns.discount_amount cannot be made of price '10.00' rate '{rate}'"]
    assert shop.rows("select order_id, discount_amount from raw.order_lines") == [("2", Decimal("1.00"))]


def test_a_cast_of_the_client_file_that_fails_is_of_its_row(make_shop: Make) -> None:
    whole = "cast(replace(rate, '%', '') as decimal(9, 4))"
    sql = f"round(price * {whole} / (100 + {whole}), 2)"
    shop = shop_of_lines(make_shop, {"discount_amount": {"sql": sql}})
    land_lines(shop, "1,MUG,1,2026-10-10,10.00,about 7%", "2,MUG,1,2026-10-10,11.90,19%")
    shop.load()
    assert shop.reasons() == ["columns.discount_amount cannot be made of price '10.00' rate 'about 7%'"]
    assert shop.rows("select order_id, discount_amount from raw.order_lines") == [("2", Decimal("1.90"))]


def test_decimal_sign_and_rounding_hold_for_expressions(make_shop: Make) -> None:
    options: dict[str, Any] = {"decimal": ",", "delimiter": ";", "rounded": ["discount_amount"]}
    shop = shop_of_lines(make_shop, {"discount_amount": {"sql": "price * rate"}}, **options)
    land_lines(shop, "1;MUG;1;2026-10-10;19,99;0,5", header=HEADER.replace(",", ";"))
    shop.load()
    assert shop.rows("select unit_price, discount_amount from raw.order_lines") == [(Decimal("19.99"), Decimal(10))]


def test_an_expression_over_typed_columns(make_shop: Make) -> None:
    typed = parquet(order=[1, 2], sku=["A", "B"], qty=[1, 2], at=["2026-10-10"] * 2, price=[1.5, 2.5], rate=[0.5, 0.0])
    shop = shop_of_lines(
        make_shop,
        {"discount_amount": {"sql": "price * rate * 2"}, "order_id": {"sql": "'A' || \"order\""}},
        format="parquet",
        where="rate > 0",
    )
    shop.land("order_lines", typed, file="lines.parquet", count=2)
    shop.load()
    assert shop.rows("select order_id, discount_amount from raw.order_lines") == [("A1", Decimal("1.50"))]
    shop.verify()


def test_an_expression_over_json(make_shop: Make) -> None:
    shop = shop_of_lines(make_shop, {"discount_amount": {"sql": "price * Rate"}}, format="jsonl", decimal=",")
    line = {"order": 1, "sku": "A", "qty": 1, "at": "2026-10-10", "price": 2.5, "rate": "0,5"}
    shop.land("order_lines", [line, {**line, "order": 2, "price": "7,50"}, {**line, "order": 3, "rate": None}])
    shop.load()
    assert shop.rows("select order_id, discount_amount from raw.order_lines order by 1") == [
        ("1", Decimal("1.25")),
        ("2", Decimal("3.75")),
        ("3", Decimal(0)),
    ]


def test_a_row_fails_only_for_what_it_uses(make_shop: Make) -> None:
    shop = shop_of_lines(make_shop, {"discount_amount": {"sql": "case when rate = 'none' then 0 else rate * 2 end"}})
    land_lines(shop, "1,MUG,1,2026-10-10,10.00,none", "2,MUG,1,2026-10-10,10.00,0.5")
    shop.load()
    assert shop.rows("select discount_amount from raw.order_lines order by 1") == [(Decimal(0),), (Decimal(1),)]


def test_rows_that_are_not_ours_are_left_out_and_counted(make_shop: Make) -> None:
    shop = shop_of_lines(make_shop, where="sku <> ''")
    land_lines(shop, "1,MUG,1,2026-10-10,10.00,", "Total,,1,,10.00,", "2,MUG,x,2026-10-11,10.00,", "Sum,,,,,")
    result = shop.load()
    counts = result.deliveries[0].counts
    assert (counts.landed, counts.loaded, counts.left_out, counts.quarantined) == (4, 1, 2, 1)
    assert counts.amount_landed == counts.amount_loaded == Decimal(10)
    assert [*result.left_out(shop.client)] == [
        "order_lines/2026-10/0001: 2 of 4 rows left out, for example line 3, 5: they are not where: sku <> ''"
    ]
    assert shop.rows("select rows_left_out from raw.load_ledger") == [(2,)]
    shop.verify()


def test_a_row_is_left_out_only_where_the_condition_can_be_told(make_shop: Make) -> None:
    shop = shop_of_lines(make_shop, where="rate < 1")
    land_lines(shop, "1,A,1,2026-10-10,1,ten", "2,A,1,2026-10-10,1,2", "3,A,1,2026-10-10,1", "4,A,1,2026-10-10,1,0.5")
    shop.load()
    failed, ragged = shop.reasons()
    assert failed == "where cannot be made of rate 'ten'"
    assert ragged.startswith("the record has 5 fields")
    assert shop.rows("select order_id from raw.order_lines") == [("4",)]


def test_equal_rows_that_are_left_out_are_no_repeats(make_shop: Make) -> None:
    shop = shop_of_lines(make_shop, where="sku <> ''")
    land_lines(shop, "Total,,,,,", "Total,,,,,", "1,MUG,1,2026-10-10,10.00,")
    counts = shop.load().deliveries[0].counts
    assert (counts.loaded, counts.left_out, counts.duplicate) == (1, 2, 0)


def test_everything_wrong_with_a_mapping_is_said_at_once(make_shop: Make) -> None:
    columns = {"order_id": {"sql": "getenv('HOME')"}, "unit_price": {"sql": "cost * 2"}, "product_id": "code"}
    shop = shop_of_lines(make_shop, columns, where="sku || 'a'", negated=["channel"], rounded=["weight"])
    land_lines(shop, "1,MUG,1,2026-10-10,10.00,")
    with pytest.raises(LoadError) as error:
        shop.load()
    for part in (
        "maps weight, which order_lines do not have",
        "names channel under minor_units, negated or rounded; expected columns of numbers",
        "has no column code",
        "columns.order_id \"getenv('HOME')\" of sources.order_lines in the client file uses getenv(), which is not",
        "columns.unit_price 'cost * 2' of sources.order_lines in the client file names cost, which",
        "where \"sku || 'a'\" of sources.order_lines in the client file is no condition",
    ):
        assert part in str(error.value)


HOSTILE = [
    "1) from (select 2",
    "1; select 2",
    "(select 1)",
    "exists (select 1)",
    "a in (select 1)",
    "sum(a)",
    "row_number() over ()",
    "list_transform([1], lambda x: x)",
    "[1, 2]",
    "*",
    "columns('a')",
    "$1",
    "#1",
    "getenv('HOME')",
    "read_text('/etc/passwd')",
    "current_setting('home_directory')",
    "nextval('s')",
    "random()",
    "a) where (b",
    "a) limit (1",
    "a) group by (a",
    "a) union select (1",
    "a) as b, (c",
    "a --",
    "a /*",
    "a::json",
    "a collate nocase",
    "system.main.left(a, 1)",
    "left(distinct a, 1)",
    "'",
    "",
    "||".join("a" * 700),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_more_than_an_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        over(text, lambda name, _: name)


@pytest.mark.parametrize("text", ["paid < total", "price > '3'", "greatest(a, b)", "a between b and 2"])
def test_an_order_of_texts_is_refused_where_numbers_may_be_meant(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"as texts, where 9 is more than 10|a number in quotes"):
        over(text, lambda name, _: name)


@pytest.mark.parametrize(
    "text",
    [
        "case when a < 0 then 'refund' else 'capture' end",
        "ltrim(a, '-')",
        "coalesce(nullif(trim(a), ''), 'none')",
        "a between 1 and 2 and b in ('x', 'y') or not c like '%z'",
        "cast(a as decimal(18, 2)) < cast(b as decimal(18, 2))",
        "strftime(strptime(a, '%d.%m.%Y'), '%Y')",
        "a >= '2026-01-01'",
        "customer.id",
    ],
)
def test_what_one_row_says_is_an_expression(text: str) -> None:
    assert over(text, lambda name, _: name)
