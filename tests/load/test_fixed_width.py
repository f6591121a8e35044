"""Files without delimiters, whose fields stand at fixed places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.data_file import FormatError, data_file
from contracts.layout import Layout
from contracts.paths import ClientPaths
from privacy.erased import Erased
from privacy.redaction import redact
from tests.load.conftest import Make
from tests.load.test_shop_files import files

FIELDS = {"no": "1-4", "day": "5-14", "sku": "15-19", "qty": "20-22", "price": "23-30"}
COLUMNS = {"order_id": "no", "order_at": "day", "product_id": "sku", "quantity": "qty", "unit_price": "price"}
HEAD = "THE SHOP, RECEIPTS\n"
LINES = "A1  2026-10-30MUG    2   10.00\nA1  2026-10-30CUP    1    5.00\n\n"


def test_lines_of_fixed_fields_are_rows(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(COLUMNS, format="fixed_width", fields=FIELDS, header_line=1)})
    shop.land("order_lines", HEAD + LINES, count=2, file="o.txt")
    shop.load()
    rows = shop.rows("select order_id, product_id, quantity, unit_price, _line from raw.order_lines order by _line")
    assert rows == [("A1", "MUG", 2, 10, 2), ("A1", "CUP", 1, 5, 3)]
    shop.verify()


def test_text_beyond_the_fields_and_a_value_that_is_none_are_quarantined(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(COLUMNS, format="fixed_width", fields=FIELDS)})
    text = LINES + "A2  2026-10-30MUG    2   10.00 12\nA3 2026-10-30 MUG   2    10.00\nA4\n"
    shop.land("order_lines", text, count=5, file="o.txt")
    shop.load()
    beyond, moved, short = shop.reasons()
    assert beyond == "the line has 33 characters, and fields: ends at 30; expected all that it says in one of fields:"
    assert "order_at is '026-10-30'" in moved
    assert "product_id is" in short
    assert shop.rows("select line, raw_text from raw.quarantine order by line")[0] == (4, text.splitlines()[3])


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ({"format": "fixed_width"}, "fields: says where the columns of format: fixed_width stand"),
        ({"format": "csv", "fields": FIELDS}, "fields: says where the columns of format: fixed_width stand"),
        ({"format": "fixed_width", "fields": {"a": "4-2"}}, "fields: a ends before it begins"),
        ({"format": "fixed_width", "fields": {"a": "1-4", "b": "4-6"}}, "fields: a and b both have character 4"),
        ({"format": "fixed_width", "fields": {"a": "0-4"}}, "should match pattern"),
    ],
)
def test_fields_that_cannot_be_are_refused(layout: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Layout(columns={}, **layout)


def test_a_mapped_field_that_there_is_not_and_a_file_that_is_cut_off_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "o.txt"
    path.write_text(LINES.rstrip("\n"))
    with pytest.raises(FormatError, match="lacks channel, which columns: in the client file maps; it has no, day"):
        data_file(path, Layout(format="fixed_width", fields=FIELDS, columns={**COLUMNS, "channel": "channel"})).check()
    with pytest.raises(FormatError, match="is cut off in its last line"):
        data_file(path, Layout(format="fixed_width", fields=FIELDS, columns=COLUMNS)).check()


def test_who_is_erased_is_taken_out_where_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "o.txt"
    erased = Erased.of(ClientPaths(tmp_path, "shop")).with_customer("C7")
    columns = {"order_id": "no", "customer_id": "who"}
    path.write_text(f"A1  {'C7':40}Ann\nA2  {'C8':40}Bob\n")
    wide = Layout(format="fixed_width", fields={"no": "1-4", "who": "5-44", "name": "45-50"}, columns=columns)
    assert redact(path, "orders", wide, erased) == 1
    first, second = path.read_text().splitlines()
    assert (first.split()[0], "C7" in first, "Ann" in first) == ("A1", False, False)
    assert second == f"A2  {'C8':40}Bob"
    path.write_text("A1  C7\n")
    narrow = Layout(format="fixed_width", fields={"no": "1-4", "who": "5-6"}, columns=columns)
    with pytest.raises(FormatError, match=r"line 1 would have .* as who, which has 2 characters"):
        redact(path, "orders", narrow, erased)
