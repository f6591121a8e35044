"""Files with a row for each amount: rows of one key become one row with several amounts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from load.errors import LoadError
from tests.load.conftest import Make, Shop
from tests.load.test_shapes import counts
from tests.load.test_shop_files import files

PRICE = {"sum": "amount", "when": "kind = 'Price' and what = 'Principal'"}
TAX = {"sum": "amount", "when": "kind = 'Price' and what = 'Tax'"}
FEES = {"sum": "amount", "when": "kind = 'Fee'"}
SUMS = {"by": ["order", "sku", "type"], "amounts": {"price": PRICE, "tax": TAX, "fees": FEES}}
COLUMNS = {
    "order_id": "order",
    "order_at": "when",
    "product_id": "sku",
    "quantity": "qty",
    "line_total": "price",
    "line_tax_amount": "tax",
}
HEAD = "order,sku,type,kind,what,amount,qty,when\n"
SALE = (
    "A,x,Order,Price,Principal,20.00,2,2026-10-30\n"
    "A,x,Order,Price,Tax,3.80,,2026-10-30\n"
    "A,x,Order,Fee,Commission,-3.00,,2026-10-30\n"
    "A,x,Order,Fee,Closing,-0.50,,2026-10-30\n"
    "A,y,Order,Price,Principal,7.00,1,2026-10-30\n"
)
REFUND = "A,x,Refund,Price,Principal,-10.00,1,2026-10-31\n"
SUMMARY = ",,,,,,,2026-10-31\n"


def shop_of(make_shop: Make, sums: Any = SUMS, **options: Any) -> Shop:
    where = options.pop("where", "type = 'Order'")
    return make_shop({"order_lines": files(COLUMNS, sums=sums, where=where, **options)}, tax="on_top")


def land(shop: Shop, text: str, head: str = HEAD) -> None:
    shop.land("order_lines", head + text, count=text.count("\n"))


def lines(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows("select product_id, quantity, line_total, line_tax_amount from raw.order_lines order by _line")


def stopped(shop: Shop) -> str:
    with pytest.raises(LoadError) as error:
        shop.load()
    return str(error.value)


def test_rows_of_one_key_become_one_row(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    land(shop, SUMMARY + SALE + REFUND)
    result = shop.load()
    assert lines(shop) == [("x", 2, 20, Decimal("3.80")), ("y", 1, 7, None)]
    assert counts(shop) == (7, 4, 2, 2, 0, 0)
    (said,) = result.left_out(shop.client)
    assert "2 of 4 rows left out, for example line 1, 4: they are not where: type = 'Order', or no amount" in said
    assert shop.verify().warnings == ()


def test_an_amount_that_no_when_takes_stops(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    land(shop, SALE + "A,y,Order,Promotion,Principal,-1.00,,2026-10-30\nA,y,Order,Note,,0,,2026-10-30\n")
    text = stopped(shop)
    assert "no when: of sums: in sources.order_lines of the client file takes 1 row, worth -1.00 in all" in text
    assert "line 7: kind Promotion, what Principal, amount -1.00" in text
    assert "others: leave_out there, or leave the rows out by where:" in text


def test_an_amount_that_no_when_takes_is_left_out_and_counted(make_shop: Make) -> None:
    shop = shop_of(make_shop, {**SUMS, "others": "leave_out"})
    land(shop, SALE + "A,y,Order,Promotion,Principal,-1.00,,2026-10-30\n")
    (warning,) = shop.load().warnings
    assert warning.startswith(
        "amounts that are left out: order_lines/2026-10/0001: no when: of sums: takes 1 row, worth -1.00"
    )
    assert counts(shop) == (6, 2, 2, 0, 0, 0)
    shop.verify()


def test_rows_of_a_type_that_is_left_out_need_no_amount(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    land(shop, SALE + "A,y,Refund,Promotion,Principal,1.00,,2026-10-30\n")
    shop.load()
    assert counts(shop) == (6, 3, 2, 1, 0, 0)


def test_an_amount_of_two_names_is_quarantined(make_shop: Make) -> None:
    both = {**SUMS, "amounts": {**SUMS["amounts"], "all": {"sum": "amount", "when": "what = 'Tax'"}}}  # type: ignore[dict-item]
    shop = shop_of(make_shop, both)
    land(shop, SALE)
    shop.load()
    (reason,) = shop.reasons()
    assert reason == (
        "line 2 of the file and 3 more that make one row with it: line 3 of it is taken by the amounts tax and all of "
        "sums:; expected one of them"
    )
    assert counts(shop) == (5, 2, 1, 0, 1, 0)


def test_what_rows_of_a_key_say_otherwise_differently_is_quarantined(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    land(shop, SALE + "A,x,Order,Fee,Storage,-0.10,3,2026-10-30\n")
    shop.load()
    (reason,) = shop.reasons()
    assert "qty is '2' and '3' in rows that become one by sums:; expected one value, or the column under by:" in reason


def test_a_text_that_is_no_number_is_quarantined(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    land(shop, SALE + "A,x,Order,Fee,Storage,free,,2026-10-30\n")
    shop.load()
    (reason,) = shop.reasons()
    assert "line 7 of it has no number in amount" in reason
    assert lines(shop) == [("y", 1, 7, None)]


def test_a_text_that_conditions_calculate_with_is_of_its_row(make_shop: Make) -> None:
    """DuckDB would read the number once for all of them, outside of what catches that it is none."""
    amounts = {"price": {"sum": "amount", "when": "0 + amount > 0"}, "tax": {"sum": "amount", "when": "0 + amount < 0"}}
    shop = shop_of(make_shop, {**SUMS, "amounts": amounts})
    land(shop, "A,x,Order,Price,Principal,many,2,2026-10-30\nA,y,Order,Price,Principal,7.00,1,2026-10-30\n")
    shop.load()
    (reason,) = shop.reasons()
    assert "line 2 of it has no number in amount" in reason
    assert lines(shop) == [("y", 1, 7, None)]


@pytest.mark.parametrize(("said", "total"), [("keep", Decimal("7.60")), ("drop", Decimal("3.80"))])
def test_rows_that_come_again_are_each_an_amount_or_one(make_shop: Make, said: str, total: Decimal) -> None:
    shop = shop_of(make_shop)
    text = SALE + SALE.splitlines()[1] + "\n"
    land(shop, text)
    assert (
        "1 of its rows come again with all that they say, the first among those that become one with line 2"
        in stopped(shop)
    )
    shop = shop_of(make_shop, repeated_rows=said)
    shop.load()
    assert lines(shop)[0] == ("x", 2, 20, total)
    assert counts(shop)[:3] == (6, 2, 2)
    shop.verify()


def test_a_setting_that_a_newer_version_knows_is_no_other_reading(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    land(shop, SALE)
    shop.load()
    file = shop.paths.raw / "read_as.json"
    said = json.loads(file.read_text())
    assert said["sources.order_lines"].pop("split") is None
    file.write_text(json.dumps(said))
    shop.load()
    said["sources.order_lines"].pop("sums")
    file.write_text(json.dumps(said))
    assert "another sources.order_lines than when raw was loaded" in stopped(shop)


def test_amounts_as_shops_write_them(make_shop: Make) -> None:
    shop = shop_of(make_shop, decimal=",", delimiter=";", currency_signs=True)
    text = "A;x;Order;Price;Principal;1.020,50 €;2;2026-10-30\nA;x;Order;Price;Principal;1,00;2;2026-10-30\n"
    land(shop, text, HEAD.replace(",", ";"))
    shop.load()
    assert lines(shop) == [("x", 2, Decimal("1021.50"), None)]


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        ({**SUMS, "by": ["order", "SKU"]}, "has no column SKU, which sums: in the client file names"),
        ({**SUMS, "amounts": {"qty": PRICE}}, "has a column qty of its own; expected another name under sums:"),
        ({**SUMS, "amounts": {"price": {"sum": "amount", "when": "amount + 1"}}}, "is no condition; expected one"),
        ({**SUMS, "amounts": {"price": {"sum": "amount", "when": "nobody = 1"}}}, "names nobody, which"),
    ],
)
def test_sums_that_do_not_fit_the_file_are_refused(make_shop: Make, sums: Any, said: str) -> None:
    shop = shop_of(make_shop, sums)
    land(shop, SALE)
    assert said in stopped(shop)
