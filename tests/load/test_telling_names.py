"""Columns that nobody maps although their names say that they change figures."""

from __future__ import annotations

import pytest

from load.errors import LoadError
from tests.load.conftest import Make, Shop
from tests.load.test_order_numbers import LINES
from tests.load.test_shop_files import PAYMENTS, files

ROW = "MUG,1,2026-10-10,10.00,c1"


def land_lines(make_shop: Make, name: str, *values: str, **options: object) -> Shop:
    shop = make_shop({"order_lines": files(LINES, **options)})
    rows = [f"{number},{ROW},{value}" for number, value in enumerate(values, 1)]
    text = "\n".join([f"order,sku,qty,at,price,customer,{name}", *rows, ""])
    shop.land("order_lines", text, file="lines.csv", count=len(rows))
    return shop


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("test", ("false", "TRUE"), "nobody maps the column test, which is 'TRUE' in line 3 (1 row like that)"),
        ("Is Test", ("1",), "nobody maps the column Is Test, which is '1' in line 2"),
        ("livemode", ("true", "false"), "which is 'false' in line 3"),
        ("Currency", ("EUR", "SEK"), "which is 'SEK' in line 3"),
        ("Währung", ("USD",), "which is 'USD' in line 2"),
        ("order_currency", ("eur", "usd", "usd"), "which is 'usd' in line 3 (2 rows like that)"),
        ("VAT", ("0", "0.00", "1.90"), "which is '1.90' in line 4"),
        ("Taxes", ("", "n/a"), "which is 'n/a' in line 3"),
        ("MwSt.", ("19",), "map it (columns: {tax_amount: MwSt.}), or say ignored_columns: [MwSt.]"),
        ("MwSt-Satz", ("0%", "7%"), "cast(replace(\"MwSt-Satz\", '%', '') as decimal(9, 4)) / (100 + cast("),
        ("VAT rate", ("0.00", "20"), '{sql: \'round(quantity * price * "VAT rate" / (100 + "VAT rate"), 2)'),
        ("Total", ("10.00",), "map it (columns: {total_amount: Total})"),
        ("Cancelled at", ("", "2026-10-11"), "orders that were cancelled would count"),
        (
            "Status",
            ("Completed", "storniert"),
            "which is 'storniert' in line 3 (1 row like that): whether such orders count",
        ),
        ("order status", ("cancelled",), "map it (columns: {status: order status})"),
    ],
)
def test_a_column_that_would_change_figures_stops(
    make_shop: Make, name: str, values: tuple[str, ...], told: str
) -> None:
    shop = land_lines(make_shop, name, *values)
    with pytest.raises(LoadError) as error:
        shop.load()
    assert told in str(error.value)
    assert f"ignored_columns: [{name}]" in str(error.value)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("test", ("false", "0", "")),
        ("currency", ("EUR", " eur ", "")),
        ("tax", ("0", "0.00", "")),
        ("tax rate", ("0", "0 %", "0.00", "")),
        ("total", ("0.00",)),
        ("tested by", ("true",)),
        ("kind", ("refund",)),
        ("status", ("Completed", "placed", "")),
        ("status of the item", ("returned",)),
        ("Cancelled at", ("", " ")),
    ],
)
def test_a_column_that_changes_nothing_is_none_of_it(make_shop: Make, name: str, values: tuple[str, ...]) -> None:
    shop = land_lines(make_shop, name, *values)
    shop.load()
    shop.verify()


@pytest.mark.parametrize("options", [{"ignored_columns": ["test"]}, {"where": "test <> 'true'"}])
def test_a_column_that_is_dealt_with_stops_nothing(make_shop: Make, options: dict[str, object]) -> None:
    shop = land_lines(make_shop, "test", "true", "false", **options)
    shop.load()
    shop.verify()


def test_an_ignored_column_is_no_new_one(make_shop: Make) -> None:
    land_lines(make_shop, "weight", "5", new_columns="fail", ignored_columns=["weight"]).load()


@pytest.mark.parametrize(("kind", "stops"), [("capture", False), ("sale", False), ("void", True), ("refund", True)])
def test_a_payment_that_moved_no_money_stops(make_shop: Make, kind: str, *, stops: bool) -> None:
    shop = make_shop(
        {
            "orders": files({"order_id": "id", "order_at": "at"}),
            "payments": files(PAYMENTS, constants={"status": "succeeded"}),
        }
    )
    shop.land("payments", f"id,order,amount,kind\n1,1,5.00,{kind}\n", file="p.csv", count=1)
    if not stops:
        shop.load()
        return
    with pytest.raises(LoadError, match="would count as money that came"):
        shop.load()


@pytest.mark.parametrize(("quantity", "stops"), [("3", True), ("1", False)])
def test_a_total_is_no_price_of_one(make_shop: Make, quantity: str, *, stops: bool) -> None:
    columns = {**LINES, "unit_price": "line_total"}
    shop = make_shop({"order_lines": files(columns)})
    text = f"order,sku,qty,at,line_total,customer\n1,MUG,{quantity},2026-10-10,30.00,c1\n"
    shop.land("order_lines", text, file="lines.csv", count=1)
    if not stops:
        shop.load()
        return
    with pytest.raises(LoadError, match=r"its name says a total: in line 2 3 units at 30\.00.*line_total: line_total"):
        shop.load()


def test_every_finding_is_told_at_once(make_shop: Make) -> None:
    shop = land_lines(make_shop, "test,currency,tax", "true,SEK,5")
    with pytest.raises(LoadError) as error:
        shop.load()
    assert all(f"nobody maps the column {name}" in str(error.value) for name in ("test", "currency", "tax"))
