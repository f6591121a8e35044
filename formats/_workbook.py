"""Workbooks: a sheet's cells as they show, and a sheet written again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_cell_to_rowcol

from contracts.data_file import FormatError
from formats._packed import CHUNK, seekable

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
EXACT = 10**15  # Excel keeps 15 digits of a number
MADE = datetime(2000, 1, 1)  # noqa: DTZ001 a workbook that says when it was written would be new each time
DATES = {datetime: "yyyy-mm-dd hh:mm:ss.000", date: "yyyy-mm-dd", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}
Cell = Any
Row = Sequence[Cell]


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook; FormatError when it is none."""
    with _opened(path) as workbook:
        return list(workbook.sheet_names)


@contextmanager
def sheet_rows(path: Path, wanted: str | int | None) -> Iterator[Iterator[Row]]:
    """The rows of a sheet from its first line on, all of one length; FormatError when there is none such."""
    with _opened(path) as workbook:
        sheet = _sheet(workbook, wanted)
        with seekable(path) as binary:
            errors = _errors(binary, sheet.name)
        yield (_with_errors(number, row, errors) for number, row in enumerate(sheet.iter_rows()))


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    try:
        with seekable(path) as binary:
            workbook = CalamineWorkbook.from_filelike(binary)
    except PasswordError as error:
        raise FormatError("is a workbook with a password. Ask for it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise FormatError(f"is no whole Excel workbook ({error}). Ask for it again.") from error
    with workbook:
        yield workbook


def _sheet(workbook: CalamineWorkbook, wanted: str | int | None) -> CalamineSheet:
    sheets = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    named = ", ".join(f"{number} {name}" for number, name in enumerate(workbook.sheet_names, 1))
    if wanted is None:
        candidates = _seen(workbook) if len(sheets) > 1 else sheets
        if len(candidates) != 1:
            raise FormatError(
                f"has the sheets {named}, and nothing says which one is meant. Say sheet: in the client file, by name "
                "or number."
            )
        wanted = candidates[0]
    if isinstance(wanted, int):
        wanted = workbook.sheet_names[wanted - 1] if 0 < wanted <= len(workbook.sheet_names) else f"number {wanted}"
    if wanted not in sheets:
        raise FormatError(f"has no sheet {wanted}; expected one of {named}. Fix sheet: in the client file.")
    return workbook.get_sheet_by_name(wanted)


def _seen(workbook: CalamineWorkbook) -> list[str]:
    """The sheets of cells that are not hidden."""
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def shown(value: Cell, date_format: str | None = None) -> str:
    """A cell as text: a number as it shows, a date as ISO 8601 or in the format that the shop's texts have."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, date):
        return value.strftime(date_format) if date_format else value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return value.isoformat() if isinstance(value, time) else str(value)


def type_of(value: Cell) -> str | None:
    """The type of a cell as DuckDB names it; None for an empty one."""
    if isinstance(value, str):
        return "VARCHAR" if value else None
    if isinstance(value, bool):
        return "BOOLEAN"
    return "DECIMAL" if isinstance(value, int | float) else "TIMESTAMP"


def _number(value: float) -> str:
    """The digits that Excel keeps; one with more has lost them, and looks like it, so that no id is made of it."""
    if abs(value) >= EXACT:
        mantissa, _, exponent = f"{value:.14E}".partition("E")
        digits = mantissa.rstrip("0").rstrip(".")
        return f"{digits}E{exponent}"
    text = f"{Decimal(f'{value:.15g}'):f}"
    return "0" if text == "-0" else text


def _with_errors(number: int, row: list[Cell], errors: Mapping[int, Mapping[int, str]]) -> Row:
    if number in errors:
        for column, text in errors[number].items():
            row[column] = text
    return row


def _errors(binary: IO[bytes], name: str) -> dict[int, dict[int, str]]:
    """The cells of a sheet of an .xlsx that show an error, such as #N/A, by row and column; the reader has none."""
    try:
        with ZipFile(binary) as archive:
            part = _part(archive, name)
            if part is None or not _has_errors(archive, part):
                return {}
            with archive.open(part) as stream:
                return _read_errors(stream)
    except BadZipFile:
        return {}


def _part(archive: ZipFile, name: str) -> str | None:
    names = archive.namelist()
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return None
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 expat bounds entities
    targets = {one.get("Id"): str(one.get("Target")) for one in relations}
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):  # noqa: S314
        if sheet.get("name") == name:
            target = targets.get(sheet.get(RELATION), "").lstrip("/")
            return next((part for part in (target, f"xl/{target}") if part in names), None)
    return None


def _has_errors(archive: ZipFile, part: str) -> bool:
    before = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            if re.search(rb"""\bt=["']e["']""", before + chunk):
                return True
            before = chunk[-8:]
    return False


def _read_errors(stream: IO[bytes]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    row = column = -1
    for event, element in ElementTree.iterparse(stream, ("start", "end")):  # noqa: S314
        if element.tag == f"{MAIN}row":
            if event == "start":
                row, column = int(element.get("r", row + 2)) - 1, -1
            else:
                element.clear()
        elif element.tag == f"{MAIN}c" and event == "end":
            place = element.get("r")
            row, column = xl_cell_to_rowcol(place) if place else (row, column + 1)
            if element.get("t") == "e":
                found.setdefault(row, {})[column] = element.findtext(f"{MAIN}v") or "#N/A"
    return found


def write_again(path: Path, wanted: str | int | None, out: IO[bytes], rows: Iterable[Row]) -> None:
    """Write a workbook with other rows in the sheet, and the other sheets empty.

    Cells keep their types, and the same rows are the same bytes.
    """
    with _opened(path) as workbook:
        name, names, seen = _sheet(workbook, wanted).name, workbook.sheet_names, _seen(workbook)
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": MADE})
    formats = {kind: book.add_format({"num_format": form}) for kind, form in DATES.items()}
    sheets = {name: book.add_worksheet(name) for name in names}
    sheet = sheets[name]
    sheet.activate()
    sheet.set_first_sheet()
    for other in names:
        if other != name and other not in seen:
            sheets[other].hide()
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            else:
                sheet.write(number, column, value, formats.get(type(value)))
    book.close()
