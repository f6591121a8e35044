"""How a shop's own file is opened: its header, blank rows, signs of programs that wrote it, packings and sheets."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from xlsxwriter import Workbook

from load.errors import LoadError
from tests.load.conftest import Make, Shop
from tests.load.test_shop_files import ORDERS, files, parquet

LINES = {
    "order_id": "order",
    "product_id": "sku",
    "description": "name",
    "quantity": "qty",
    "order_at": "at",
    "unit_price": "price",
    "customer_id": "customer",
}
HEADER = ",".join(LINES.values())
MUG, PEN = "A1,MUG,Mug,1,2026-10-05T10:00:00,10.00,c1", "A2,PEN,Pen,2,2026-10-06T10:00:00,5.00,c2"
READ = [("A1", "MUG", "Mug", Decimal(10), "c1"), ("A2", "PEN", "Pen", Decimal(5), "c2")]


def opened(make_shop: Make, content: str | bytes, *, name: str = "lines.csv", count: int = 2, **how: Any) -> Shop:
    """A shop with one file of lines, loaded and verified."""
    shop = make_shop({"order_lines": files(LINES, **how)})
    shop.land("order_lines", content, key=name, file=name, count=count)
    shop.load()
    shop.verify()
    return shop


def lines_of(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows(
        "select order_id, product_id, description, unit_price, customer_id from raw.order_lines order by 1"
    )


FILES: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "title lines": (f'Our "sales\n\n{HEADER}\n{MUG}\n{PEN}\n', {"header_line": 3}),
    "header with blanks": (f"{HEADER.replace(',', ' , ')}\n{MUG}\n{PEN}\n", {}),
    "blank lines and empty cells": (f"\n{HEADER},,\n\n{MUG},,\n,,,,,,,,\n \n{PEN},,\n,\n", {}),
    "Excel's own line": (f"sep=;\n{HEADER}\n{MUG}\n{PEN}\n".replace(",", ";"), {}),
    "carriage returns": (f"{HEADER}\r{MUG}\r{PEN}\r", {}),
    "UTF-16 big endian": ("\ufeff".encode("utf-16-be") + f"{HEADER}\n{MUG}\n{PEN}\n".encode("utf-16-be"), {}),
    "backslashes": (
        f"{HEADER}\n{MUG}\n{PEN}\n".replace("Mug", '"Mug \\"L\\", red"').replace("c2", "\\N"),
        {"escape": "\\"},
    ),
    "backslash at the end of a text": (f"{HEADER}\n{MUG}\n{PEN}\n".replace("Mug", '"C:\\\\"'), {"escape": "\\"}),
}
CHANGED = {
    "backslashes": [("A1", "MUG", 'Mug "L", red', Decimal(10), "c1"), ("A2", "PEN", "Pen", Decimal(5), None)],
    "backslash at the end of a text": [("A1", "MUG", "C:\\", Decimal(10), "c1"), READ[1]],
}


@pytest.mark.parametrize("name", FILES)
def test_a_csv_is_read_as_its_program_wrote_it(make_shop: Make, name: str) -> None:
    content, how = FILES[name]
    assert lines_of(opened(make_shop, content, **how)) == CHANGED.get(name, READ)


def test_a_record_is_known_by_its_line_in_the_file(make_shop: Make) -> None:
    content = f"Report\nsales\n{HEADER}\n\n{MUG}\n{PEN.replace('5.00', 'much')}\n"
    shop = opened(make_shop, content, header_line=3)
    assert shop.rows("select line from raw.quarantine") == [(6,)]
    assert shop.rows("select _line from raw.order_lines") == [(5,)]


def test_nul_characters_are_taken_out_and_told(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(LINES)})
    content = f"{HEADER}\n{MUG}\n{PEN}\n".replace("Mug", "M\0ug").replace("Pen", "Pe\0n")
    shop.land("order_lines", content, file="lines.csv", count=2)
    warnings = shop.load().warnings
    assert lines_of(shop) == READ
    shop.verify()
    assert warnings == (
        (
            "characters taken out: order_lines/2026-10/0001: 2 records have NUL characters, which were taken out "
            "(lines 2, 3; columns name)"
        ),
    )


def test_a_comma_in_an_amount_is_no_field_of_its_own(make_shop: Make) -> None:
    shop = opened(make_shop, f"{HEADER}\nA1,MUG,Mug,1,2026-10-05,10,50,\n{MUG}\n{PEN}\n", count=3)
    assert lines_of(shop) == READ
    (reason,) = shop.reasons()
    assert reason.startswith(
        "the record has 8 fields, expected 7: ',' within a text or an amount needs quotation marks"
    )


def test_a_landed_file_in_another_encoding_than_is_said_now_is_refused(make_shop: Make) -> None:
    with pytest.raises(LoadError, match=r"lines\.csv is UTF-8 from its first byte to its last, but encoding: latin-1"):
        opened(make_shop, f"{HEADER}\n{MUG}\n{PEN}\n".replace("Mug", "Möbel"), encoding="latin-1")


def zipped(content: bytes, name: str = "out/lines") -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def test_every_format_is_read_from_a_zip(make_shop: Make) -> None:
    sources = {name: files({"customer_id": "id"}, format=form) for name, form in (("customers", "parquet"),)}
    shop = make_shop({"orders": files(ORDERS, format="json"), **sources})
    shop.land("orders", zipped(b'[{"id": "1", "who": "7", "when": "2026-10-30"}]'), file="o.zip", count=1)
    shop.land("customers", zipped(parquet(id=["7"])), file="c.zip", count=1)
    shop.load()
    shop.verify()
    assert shop.rows("select order_id, customer_id from raw.orders") == [("1", "7")]
    assert shop.rows("select customer_id from raw.customers") == [("7",)]


def workbook(rows: list[list[Any]], *, sheet: str = "Lines", above: tuple[str, ...] = ()) -> bytes:
    """A workbook with the rows in one of two sheets; a value has the format that Excel would give it."""
    made = BytesIO()
    with Workbook(made, {"in_memory": True}) as book:
        book.add_worksheet("Notes").write(0, 0, "nothing to load here")
        forms = {
            kind: book.add_format({"num_format": form})
            for kind, form in (
                (datetime, "dd.mm.yyyy hh:mm"),
                (date, "dd.mm.yyyy"),
                (time, "hh:mm"),
                (timedelta, "[h]:mm"),
            )
        }
        page = book.add_worksheet(sheet)
        for number, row in enumerate([*above, *rows]):
            for column, value in enumerate([row] if isinstance(row, str) else row):
                if type(value) in forms:
                    page.write_datetime(number, column, value, forms[type(value)])
                elif isinstance(value, str) and value.startswith("#"):
                    page.write_formula(number, column, "=1/0", None, value)
                else:
                    page.write(number, column, value)
    return made.getvalue()


NAMES = [*LINES.values()]


def test_a_sheet_is_read_as_it_shows(make_shop: Make) -> None:
    at = datetime.fromisoformat("2026-10-05T10:00")
    rows = [
        NAMES,
        ["W1", "0042", " Mug ", 2, at, 0.1 + 0.2, "0017"],
        [],
        ["W2", 42, 7.5, 1, date(2026, 10, 6), 1234.5, 17850],
        ["W3", "PEN", True, 9, "2026-10-07", 5, None],
        ["W4", "PEN", 1e-05, 3, at, 100, "c"],
    ]
    shop = opened(make_shop, workbook(rows), name="lines.xlsx", count=4, format="excel", sheet="Lines")
    found = shop.rows(
        "select order_id, product_id, description, quantity, order_at, unit_price, customer_id, _line "
        "from raw.order_lines order by _line"
    )
    utc = datetime.fromisoformat("2026-10-05T08:00")
    assert shop.reasons() == []
    assert found == [
        ("W1", "0042", " Mug ", 2, utc, Decimal("0.3000"), "0017", 2),
        ("W2", "42", "7.5", 1, datetime.fromisoformat("2026-10-05T22:00"), Decimal("1234.5000"), "17850", 4),
        ("W3", "PEN", "TRUE", 9, datetime.fromisoformat("2026-10-06T22:00"), Decimal("5.0000"), None, 5),
        ("W4", "PEN", "0.00001", 3, utc, Decimal("100.0000"), "c", 6),
    ]


def test_a_number_in_a_sheet_has_its_point_whatever_the_decimal_sign_of_texts(make_shop: Make) -> None:
    rows = [NAMES, ["W1", "A", "a", 1, "2026-10-05", 1.234, "c"], ["W2", "A", "a", 1, "2026-10-05", "1.234,5", "c"]]
    shop = opened(make_shop, workbook(rows), name="l.xlsx", format="excel", sheet=2, decimal=",")
    assert shop.rows("select unit_price from raw.order_lines order by 1") == [
        (Decimal("1.2340"),),
        (Decimal("1234.5"),),
    ]


def test_what_a_sheet_has_lost_or_never_had_is_quarantined(make_shop: Make) -> None:
    rows = [
        NAMES,
        ["W1", "A", "a", 1, "2026-10-05", 1, 1234567890123456789],
        [1e15, "A", "a", 1, "2026-10-05", 1, "c"],
        ["W3", "A", "a", 1, "2026-10-05", "#DIV/0!", "c"],
        ["W4", "A", "a", 1, 46300.5, 1, "c"],
        ["W5", "A", "a", time(10, 0), "2026-10-05", timedelta(hours=30), "c"],
    ]
    rows.append(["W6", "A", "a", 1, "2026-10-05", 1, "c"])
    shop = opened(make_shop, workbook(rows), name="l.xlsx", count=6, format="excel", sheet="Lines")
    assert shop.rows("select order_id from raw.order_lines") == [("W6",)]
    reasons = shop.reasons()
    assert "customer_id is '1.23456789012346E+18'" in reasons[0]
    assert "a spreadsheet shows the first few: format its column as text" in reasons[0]
    assert "order_id is '1E+15'" in reasons[1]
    assert "unit_price is '#DIV/0!'" in reasons[2]
    assert "order_at is '46300.5'" in reasons[3]
    assert "quantity is '10:00:00'" in reasons[4]
    assert "unit_price is '30:00:00'" in reasons[4]


def test_dates_of_a_sheet_stand_beside_texts_in_the_shops_format(make_shop: Make) -> None:
    at = datetime.fromisoformat("2026-10-05T10:30")
    rows = [NAMES, ["W1", "A", "a", 1, at, 1, "c"], ["W2", "A", "a", 1, "05.10.2026 10:30", 1, "c"]]
    content = workbook(rows, above=("Report of the shop",))
    how = {"format": "excel", "sheet": "Lines", "header_line": 2, "date_format": "%d.%m.%Y %H:%M"}
    shop = opened(make_shop, content, name="l.xlsx", **how)
    assert shop.rows("select order_at from raw.order_lines") == [(datetime.fromisoformat("2026-10-05T08:30"),)] * 2


def test_a_workbook_in_a_zip_is_read(make_shop: Make) -> None:
    content = zipped(workbook([NAMES, ["W1", "A", "a", 1, "2026-10-05", 1, "c"]]), "l.xlsx")
    shop = opened(make_shop, content, name="l.zip", count=1, format="excel", sheet="Lines")
    assert shop.rows("select order_id from raw.order_lines") == [("W1",)]


@pytest.mark.parametrize("column", ["W1", "W2"])
def test_equal_rows_of_a_sheet_are_repeats(make_shop: Make, column: str) -> None:
    rows = [NAMES, *[[column, "A", "a", 1, "2026-10-05", 1, "c"]] * 2]
    shop = opened(make_shop, workbook(rows), name="l.xlsx", format="excel", sheet="Lines", repeated_rows="drop")
    assert shop.rows("select order_id from raw.order_lines") == [(column,)]


def test_a_record_of_json_with_a_name_twice_is_quarantined(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, format="jsonl")})
    rows = '{"id": 1, "when": "2026-10-30",}\n{"id": 2, "when": "2026-10-30", "who": "a", "who": "b"}\n'
    shop.land("orders", rows, file="o.jsonl", count=2)
    shop.load()
    assert shop.rows("select order_id from raw.orders") == [("1",)]
    assert shop.reasons() == ["a name comes twice in the record, so it is open which value counts"]
