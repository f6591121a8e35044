"""Rows that are made of a file's records: cells written once for several rows, numbered columns, several in a cell."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.data_file import FormatError, data_file
from contracts.layout import Layout
from load.errors import LoadError
from tests.formats.test_excel import book
from tests.load.conftest import Make, Shop
from tests.load.test_shop_files import files, parquet

LINES = {"order_id": "Order", "order_at": "Date", "product_id": "sku", "quantity": "qty", "unit_price": "price"}
NUMBERED = {"sku": "Item {} SKU", "qty": "Item {} Qty", "price": "Item {} Price"}
ONE_ITEM = "Order,Date,Item 1 SKU,Item 1 Qty,Item 1 Price"
SPLIT = {"columns": ["sku", "qty", "price"], "at": ";"}
HEAD = "Order,Date,Customer,sku,qty,price"


def lines_of(make_shop: Make, **options: Any) -> Shop:
    return make_shop({"order_lines": files({**LINES, **options.pop("also", {})}, **options)})


def loaded(shop: Shop) -> list[tuple[Any, ...]]:
    rows = shop.rows("select order_id, product_id, quantity, unit_price from raw.order_lines order by _line")
    return [(order, product, int(quantity), str(price)) for order, product, quantity, price in rows]


def counts(shop: Shop) -> tuple[Any, ...]:
    (row,) = shop.rows(
        "select records_in_file, rows_landed, rows_loaded, rows_left_out, rows_quarantined, rows_duplicate "
        "from raw.load_ledger"
    )
    return row


def refused(shop: Shop, text: str) -> None:
    with pytest.raises(LoadError, match=text):
        shop.load()


def test_numbered_columns_become_rows_and_empty_ones_none(make_shop: Make) -> None:
    shop = lines_of(make_shop, unpivot=NUMBERED)
    header = "Order,Date," + ",".join(f"Item {n} SKU,Item {n} Qty,Item {n} Price" for n in (10, 1, 2))
    content = f"{header}\nA,2026-10-30,y,3,1.00,x,1,2.50, , ,\nB,2026-10-30,,,,,,,z,2,4.00\n"
    shop.land("order_lines", content, count=2)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.5000"), ("A", "y", 3, "1.0000"), ("B", "z", 2, "4.0000")]
    assert counts(shop) == (2, 3, 3, 0, 0, 0)
    shop.verify()


def test_a_record_without_any_part_is_not_lost(make_shop: Make) -> None:
    shop = lines_of(make_shop, unpivot=NUMBERED)
    shop.land("order_lines", f"{ONE_ITEM}\nA,2026-10-30,x,1,2\nB,2026-10-30,,,\n", count=2)
    shop.load()
    assert counts(shop) == (2, 2, 1, 0, 1, 0)
    (reason,) = shop.reasons()
    assert reason.startswith("line 3 of the file, row 1 of it: product_id is null; expected an id; quantity is null")


def test_a_number_that_lacks_a_column_is_refused(make_shop: Make) -> None:
    shop = lines_of(make_shop, unpivot=NUMBERED)
    shop.land("order_lines", f"{ONE_ITEM},Item 2 SKU,Item 2 Qty\nA,2026-10-30,x,1,2,y,1\n", count=1)
    refused(shop, "has Item 2 SKU, Item 2 Qty and no Item 2 Price; expected every column of unpivot:")


def test_no_numbered_column_and_a_name_that_is_taken_are_refused(make_shop: Make) -> None:
    shop = lines_of(make_shop, unpivot=NUMBERED)
    shop.land("order_lines", "Order,Date,Artikel 1\nA,2026-10-30,x\n", count=1)
    refused(shop, r"has no column Item \{\} SKU, .* which unpivot: in the client file says")
    shop.land("order_lines", f"{ONE_ITEM},sku\nA,2026-10-30,x,1,2,s\n", count=1)
    refused(shop, "has a column sku of its own; expected another name under unpivot:")


def test_a_numbered_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{ONE_ITEM},Item 1 Qty\nA,2026-10-30,x,1,2,3\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"has in line 1 the mapped column Item 1 Qty twice \(4th and 6th\)"):
        data_file(file, Layout(format="csv", columns=LINES, unpivot=NUMBERED)).check()


def test_a_pattern_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Item SKU has not one \{\} for the number"):
        Layout(format="csv", columns={}, unpivot={"sku": "Item SKU"})


def test_types_of_numbered_columns_stay(make_shop: Make) -> None:
    """A number of JSON has its point whatever the decimal sign of the shop's texts."""
    shop = lines_of(make_shop, unpivot=NUMBERED, format="json", decimal=",")
    order = {"Order": "A", "Date": "2026-10-30", "Item 1 SKU": "x", "Item 1 Qty": 1, "Item 1 Price": 2.5}
    more = {"Item 2 SKU": "y", "Item 2 Qty": 1, "Item 2 Price": "2,75"}
    shop.land("order_lines", json.dumps([order | more]), count=1)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.5000"), ("A", "y", 1, "2.7500")]


def test_numbered_columns_of_several_types_are_refused(make_shop: Make) -> None:
    shop = lines_of(make_shop, unpivot={"sku": "SKU {}", "qty": "Qty {}", "price": "Price {}"}, format="parquet")
    one = {"Order": "A", "Date": "2026-10-30", "SKU 1": "x", "Qty 1": 1, "Price 1": "2.50"}
    shop.land("order_lines", parquet(**one, **{"SKU 2": "y", "Qty 2": "1", "Price 2": "2.50"}), count=1)
    refused(shop, r"has Qty \{\} as BIGINT and as VARCHAR; expected one type for all numbers")


def test_cells_with_several_values_become_rows(make_shop: Make) -> None:
    shop = lines_of(make_shop, split=SPLIT)
    content = "Order,Date,sku,qty,price\nA,2026-10-30,x; y;,1;2;,2.50; 3;\nB,2026-10-30,x,1,2.50\n"
    shop.land("order_lines", content, count=2)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.5000"), ("A", "y", 2, "3.0000"), ("B", "x", 1, "2.5000")]
    assert counts(shop) == (2, 3, 3, 0, 0, 0)
    shop.verify()


def test_an_expression_takes_a_part_of_a_cell(make_shop: Make) -> None:
    items = {
        "product_id": {"sql": "split_part(Items, ' x ', 2)"},
        "quantity": {"sql": "split_part(Items, ' x ', 1)"},
        "unit_price": "each",
    }
    shop = lines_of(make_shop, also=items, split={"columns": ["Items"], "at": "\n"})
    shop.land("order_lines", 'Order,Date,Items,each\nA,2026-10-30,"2 x Mug\n1 x Cup",3\n', count=1)
    shop.load()
    assert loaded(shop) == [("A", "Mug", 2, "3.0000"), ("A", "Cup", 1, "3.0000")]


def test_cells_of_unequal_length_set_the_record_aside(make_shop: Make) -> None:
    shop = lines_of(make_shop, split=SPLIT)
    shop.land("order_lines", "Order,Date,sku,qty,price\nA,2026-10-30,x;y,1;2;3,2\nB,2026-10-30,x,1,2\n", count=2)
    shop.load()
    assert loaded(shop) == [("B", "x", 1, "2.0000")]
    assert counts(shop) == (2, 4, 1, 0, 3, 0)
    parts = "sku has 2, qty has 3, price has 1 parts at ';', expected as many in each"
    assert shop.reasons() == [f"line 2 of the file, row {row} of it: {parts}" for row in (1, 2, 3)]
    shop.verify()


def test_equal_parts_of_a_record_are_two_and_equal_records_ask(make_shop: Make) -> None:
    shop = lines_of(make_shop, split=SPLIT)
    header = "Order,Date,sku,qty,price\n"
    shop.land("order_lines", f"{header}A,2026-10-30,x;x,1;1,2;2\n", count=1)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.0000"), ("A", "x", 1, "2.0000")]
    shop.land("order_lines", f"{header}A,2026-10-30,x;y,1;1,2;2\nA,2026-10-30,x;y,1;1,2;2\n", count=2)
    refused(shop, "Say for sources.order_lines of the client file repeated_rows:")


def test_what_where_leaves_out_is_counted_by_rows(make_shop: Make) -> None:
    shop = lines_of(make_shop, split=SPLIT, where="sku <> 'gift wrap'")
    shop.land("order_lines", "Order,Date,sku,qty,price\nA,2026-10-30,x;gift wrap,1;1,2;3\n", count=1)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.0000")]
    assert counts(shop) == (1, 2, 1, 1, 0, 0)


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_row_continues_the_one_above(make_shop: Make, empty: str) -> None:
    shop = lines_of(make_shop, also={"customer_id": "Customer"}, fill_down=["Order", "Date", "Customer"])
    rows = ["A,2026-10-30,C1,x,1,2", f"{empty},,,y,1,3", "B,2026-10-31,,x,1,2", f"{empty},,,y,1,3"]
    shop.land("order_lines", "\n".join([HEAD, *rows, ""]), count=4)
    shop.load()
    found = shop.rows("select order_id, customer_id, cast(order_at as date), product_id from raw.order_lines")
    days = [(order, customer, day.day, product) for order, customer, day, product in found]
    # The second order has no customer, and takes none of the first.
    assert days == [("A", "C1", 29, "x"), ("A", "C1", 29, "y"), ("B", None, 30, "x"), ("B", None, 30, "y")]
    assert counts(shop) == (4, 4, 4, 0, 0, 0)
    shop.verify()


def test_a_value_of_its_own_stands(make_shop: Make) -> None:
    shop = lines_of(make_shop, also={"unit_price": "price"}, fill_down=["Order", "Date", "price"])
    shop.land("order_lines", f"{HEAD}\nA,2026-10-30,,x,1,2\n,,,y,1,\n,,,z,1,5\n,,,u,1,\n", count=4)
    shop.load()
    assert [price for *_, price in loaded(shop)] == ["2.0000", "2.0000", "5.0000", "2.0000"]


def test_what_continues_nothing_or_a_row_that_cannot_be_read_is_set_aside(make_shop: Make) -> None:
    shop = lines_of(make_shop, fill_down=["Order", "Date"])
    rows = [",,,x,1,2", "A,2026-10-30,,x,1,2", "B,2026-10-30,,x,1", ",,,y,1,3", "C,2026-10-30,,x,1,2"]
    shop.land("order_lines", "\n".join([HEAD, *rows, ""]), count=5)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.0000"), ("C", "x", 1, "2.0000")]
    first, ragged, below = shop.reasons()
    assert first == "line 2 of the file, row 1 of it: Order is empty, and no row above says what it continues"
    assert "has 5 fields" in ragged
    assert below.endswith("Order is empty, and the row above, which it continues, cannot be read")


def test_a_header_row_that_is_left_out_is_still_continued(make_shop: Make) -> None:
    """Files of header and position records: what the header says belongs to each position."""
    columns = {"order_id": "number", "order_at": "date", "product_id": "sku", "quantity": "qty", "unit_price": "price"}
    shop = make_shop({"order_lines": files(columns, fill_down=["number", "date"], where="kind = 'P'")})
    rows = ["H,A,2026-10-30,,,", "P,,,x,1,2", "P,,,y,1,3", "H,B,2026-10-30,,,", "P,,,x,1,2"]
    shop.land("order_lines", "\n".join(["kind,number,date,sku,qty,price", *rows, ""]), count=5)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.0000"), ("A", "y", 1, "3.0000"), ("B", "x", 1, "2.0000")]
    assert counts(shop) == (5, 5, 3, 2, 0, 0)


def test_merged_cells_of_a_sheet_keep_the_types_of_their_values(make_shop: Make, tmp_path: Path) -> None:
    rows = [HEAD.split(","), ["A", date(2026, 10, 30), "C1", "x", 1, 2.5], ["", "", "", "y", 2, "3,75"]]
    content = book(tmp_path / "a.xlsx", {"Orders": rows}).read_bytes()
    shop = lines_of(make_shop, fill_down=["Order", "Date"], format="excel", decimal=",")
    shop.land("order_lines", content, file="a.xlsx", count=2)
    shop.load()
    assert loaded(shop) == [("A", "x", 1, "2.5000"), ("A", "y", 2, "3.7500")]
    shop.verify()


def test_a_column_of_a_shape_that_is_not_there_is_refused(make_shop: Make) -> None:
    shop = lines_of(make_shop, fill_down=["Order", "Datum"])
    shop.land("order_lines", f"{HEAD}\nA,2026-10-30,,x,1,2\n", count=1)
    refused(shop, "has no column Datum, which fill_down: or split: in the client file names; it has Order, Date")
