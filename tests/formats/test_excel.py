"""Workbooks: which sheet is read, what is refused, and how one is written again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from xlsxwriter import Workbook

from contracts.data_file import FormatError, data_file
from contracts.layout import Layout
from formats._workbook import sheet_rows

COLUMNS = {"customer_id": "id", "first_name": "name"}
ROWS: list[list[Any]] = [["id", "name", ""], ["1", "Ann"], ["2", "Bob"]]


def book(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    with Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    form = {"num_format": "[h]:mm"} if isinstance(value, timedelta) else None
                    page.write(number, column, value, made.add_format(form) if form else None)
            page.hide() if name in hidden else page.activate()
    return path


def layout(**how: Any) -> Layout:
    return Layout.model_validate({"format": "excel", "columns": COLUMNS} | how)


@pytest.mark.parametrize("sheet", ["Two", 2])
def test_a_sheet_is_found_by_name_or_number(tmp_path: Path, sheet: str | int) -> None:
    path = book(tmp_path / "a.xlsx", {"One": [["x"]], "Two": ROWS})
    assert data_file(path, layout(sheet=sheet)).check() == 2


def test_the_only_sheet_that_is_not_hidden_needs_no_setting(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"One": ROWS, "Two": [["x"]]}, hidden=("Two",))
    assert data_file(path, layout()).check() == 2


BAD = {
    "several": ({}, "has the sheets 1 One, 2 Two, and nothing says which one is meant. Say sheet: in the client file"),
    "no such name": ({"sheet": "Three"}, "has no sheet Three; expected one of 1 One, 2 Two. Fix sheet: in the client"),
    "no such number": ({"sheet": 3}, "has no sheet number 3; expected one of 1 One, 2 Two."),
    "number 0": ({"sheet": 0}, "has no sheet number 0; expected one of 1 One, 2 Two."),
    "header below": (
        {"sheet": 2, "header_line": 1},
        "in line 1 'Report'. They are in line 3: say header_line: 3 in the",
    ),
    "header above": (
        {"sheet": 2, "header_line": 4},
        "it has in line 4 2 values and no header. They are in line 3: say header_line: 3",
    ),
    "header beyond": (
        {"sheet": 2, "header_line": 9},
        "it has in line 9 none. They are in line 3: say header_line: 3 in",
    ),
    "no header": (
        {"sheet": 1},
        "lacks id, name, which columns: in the client file maps; it has in line 1 2 values and no header. Fix",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    how, message = BAD[name]
    path = book(tmp_path / "a.xlsx", {"One": [["x", 7]], "Two": [["Report"], [], *ROWS]})
    with pytest.raises(FormatError) as caught:
        data_file(path, layout(**how)).check()
    assert message in str(caught.value)


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_changed_record_leaves_all_other_cells_as_they_are(tmp_path: Path, is_packed: bool) -> None:
    values = [
        7,
        0.5,
        "0042",
        True,
        datetime.fromisoformat("2026-10-05T10:30:01"),
        date(2026, 10, 5),
        time(8, 0),
        timedelta(hours=30),
    ]
    header = ["id", "name", *(f"v{number}" for number in range(len(values)))]
    rows = [["Report"], header, ["1", "Ann", *values], [], ["2", "=Bob", *values]]
    path = book(tmp_path / "a.xlsx", {"One": [["secret of Ann"]], "Two": rows}, hidden=("One",))
    if is_packed:
        with ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(path, "folder/a.xlsx")
        path = tmp_path / "a.zip"
    how = layout(header_line=2)

    def change(number: int, record: dict[str, Any]) -> dict[str, Any] | None:
        return record | {"name": None, "id": "erased-1"} if number == 3 and record["id"] == "1" else None

    targets = [tmp_path / "once", tmp_path / "again"]
    assert [data_file(path, how).rewrite(target, change, {}) for target in targets] == [1, 1]
    assert targets[0].read_bytes() == targets[1].read_bytes()
    with sheet_rows(path, None) as before, sheet_rows(targets[0], None) as after:
        old, new = list(before), list(after)
    assert new[2][:2] == ["erased-1", ""]
    assert new[2][2:] == old[2][2:]
    assert [new[number] for number in (0, 1, 4)] == [old[number] for number in (0, 1, 4)]
    assert data_file(targets[0], how).check() == 2
    content = targets[0].read_bytes()
    if is_packed:
        with ZipFile(targets[0]) as archive:
            assert archive.namelist() == ["folder/a.xlsx"]
            content = archive.read("folder/a.xlsx")
    with ZipFile(BytesIO(content)) as archive:
        assert not any(b"Ann" in archive.read(part) for part in archive.namelist())
