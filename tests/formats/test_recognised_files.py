"""What a file is by its first bytes, how it is packed and in which encoding: read as such or refused by name."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from xlsxwriter import Workbook

from contracts.data_file import FormatError
from tests.formats.test_formats import CSV, count


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of the files as they are; a name that ends in a slash is a folder."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def with_password(packed: bytes) -> bytes:
    """The zip with the flags of a password."""
    return packed.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    """An Excel workbook with these cells."""
    made = BytesIO()
    with Workbook(made, {"default_date_format": "yyyy-mm-dd hh:mm", "strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return made.getvalue()


GOOD: dict[str, tuple[str, bytes, dict[str, Any], int]] = {
    "line of Excel behind a mark": ("a.csv", b"\xef\xbb\xbfsep=,\n" + CSV, {}, 2),
    "UTF-16 big endian by its mark": ("a.csv", b"\xfe\xff" + CSV.decode().encode("utf-16-be"), {}, 2),
    "UTF-16 little endian by its mark": ("a.csv", b"\xff\xfe" + CSV.decode().encode("utf-16-le"), {}, 2),
    "UTF-16 as its mark says": ("a.csv", CSV.decode().encode("utf-16"), {"encoding": "utf-16-le"}, 2),
    "UTF-16 without a mark": ("a.csv", CSV.decode().encode("utf-16-be"), {"encoding": "utf-16-be"}, 2),
    "UTF-32 by its mark": ("a.csv", CSV.decode().encode("utf-32"), {}, 2),
    "UTF-8 with its mark, as said": ("a.csv", b"\xef\xbb\xbf" + CSV, {"encoding": "utf-8-sig"}, 2),
    "ASCII for latin-1": ("a.csv", CSV, {"encoding": "latin-1"}, 2),
    "zip": ("a.zip", zipped({"a.csv": CSV}), {"format": "csv"}, 2),
    "zip under another name, with folders": ("a.csv", zipped({"out/": b"", "out/a.csv": CSV}), {}, 2),
    "zip of a Mac": (
        "a.zip",
        zipped({"a.csv": CSV, "__MACOSX/._a.csv": b"x", ".DS_Store": b"x"}),
        {"format": "csv"},
        2,
    ),
    "zip of JSON": ("a.zip", zipped({"a.json": b'[{"id": 1, "name": "A"}]'}), {"format": "json"}, 1),
    "zip without a last line end": ("a.zip", zipped({"a.csv": CSV + b"3,C"}), {"format": "csv"}, 3),
    "byte order mark": ("a.csv", b"\xef\xbb\xbf" + CSV, {}, 2),
    "latin-1": ("a.csv", CSV + "3,Zoë\n".encode("latin-1"), {"encoding": "latin-1"}, 3),
    "UTF-16": ("a.csv", "id,name\n1,Zoë\n2\n".encode("utf-16"), {"encoding": "utf-16"}, 2),
    "gzip": ("a.csv.gz", gzip.compress(CSV), {}, 2),
    "gzip without a last line end": ("a.csv.gz", gzip.compress(CSV + b"3"), {}, 3),
    "JSON in gzip": ("a.json.gz", gzip.compress(b'[{"id": 1, "name": "Ann"}]'), {}, 1),
    "JSON in latin-1": ("a.json", '[{"id": 1, "name": "Zoë"}]'.encode("latin-1"), {"encoding": "latin-1"}, 1),
}
BAD: dict[str, tuple[str, bytes, dict[str, Any], str]] = {
    "empty gzip": ("a.csv.gz", gzip.compress(b""), {}, "holds nothing, expected csv data"),
    "truncated gzip": ("a.csv.gz", gzip.compress(CSV * 99)[:-9], {}, "is not whole gzip (Compressed file ended"),
    "damaged gzip": ("a.csv.gz", gzip.compress(CSV)[:-8] + b"\0" * 8, {}, "is not whole gzip (CRC check failed"),
    "damaged gzip body": ("a.csv.gz", gzip.compress(CSV)[:10] + b"\xff" * 9, {}, "is not whole gzip ("),
    "gzip by name alone": ("a.csv.gz", CSV, {}, "is not whole gzip (Not a gzipped file"),
    "gzip without the name": ("a.csv", gzip.compress(CSV), {}, "is gzip but its name does not end in .gz. Rename it."),
    "HTML for CSV": ("a.csv", b"\n<!DOCTYPE html>\n<p>id,name", {}, "is HTML, expected csv. Probably it is a login or"),
    "HTML for JSON": ("a.json", b"\xef\xbb\xbf<HTML>", {}, "is HTML, expected json. Probably it is a login"),
    "XML for JSON Lines": ("a.jsonl.gz", gzip.compress(b"<?xml?>"), {}, "is XML, which is not read, expected jsonl. A"),
    "XML without a declaration": ("a.csv", b"<orders><order id='1'/></orders>", {}, "is XML, which is not read, expec"),
    "XML in UTF-16": ("a.csv", "<?xml version='1.0'?><a/>".encode("utf-16"), {}, "is XML, which is not read, expected"),
    "HTML that is XML": ("a.csv", b"<?xml version='1.0'?>\n<!DOCTYPE html>\n<html>", {}, "is HTML, expected csv."),
    "workbook as XML": (
        "a.xls",
        b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        {"format": "excel"},
        "is an Excel workbook saved as XML, which is not read, expected excel. Save it as .xlsx.",
    ),
    "HTML for a workbook": ("a.xls", b"<table><tr><td>id</table>", {"format": "excel"}, "is HTML, expected excel."),
    "HTML for Parquet": ("a.parquet", b"<html></html>", {}, "is HTML, expected parquet"),
    "PDF": ("a.csv", b"%PDF-1.7\n", {}, "is a PDF, expected csv. Ask for the data as CSV, Excel, JSON or Parquet."),
    "database": ("a.csv", b"SQLite format 3\0", {}, "is an SQLite database, expected csv."),
    "workbook for CSV": (
        "a.csv",
        workbook({"Lines": [["id", "name"]], "Notes": [["x"]]}),
        {},
        "is an Excel workbook with the sheets Lines, Notes, expected csv. Say format: excel and sheet: Lines, or save",
    ),
    "workbook of one sheet for JSON": (
        "a.json",
        workbook({"Lines": [["id", "name"]]}),
        {},
        "is an Excel workbook with the sheet Lines, expected json. Say format: excel, or save the sheet as text.",
    ),
    "document for CSV": ("a.csv", zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), {}, "is a Word doc"),
    "zip of a workbook for CSV": (
        "a.zip",
        zipped({"a.xlsx": workbook({"Lines": [["id"]]})}),
        {"format": "csv"},
        "is a zip or a workbook within another packing, expected csv. Unpack it once.",
    ),
    "zip of two files": (
        "a.zip",
        zipped({"a.csv": CSV, "b.csv": CSV}),
        {"format": "csv"},
        "is a zip of 2 files (a.csv, b.csv); expected one. Ask for a zip of one file, or unpack it and have path:",
    ),
    "zip of none": ("a.zip", zipped({"out/": b""}), {"format": "csv"}, "is a zip of 0 files (none); expected one."),
    "zip with nothing": ("a.zip", zipped({}), {"format": "csv"}, "is a zip of 0 files (none); expected one."),
    "zip with a password": ("a.zip", with_password(zipped({"a.csv": CSV})), {"format": "csv"}, "with a password (a.cs"),
    "cut zip": ("a.zip", zipped({"a.csv": CSV * 99})[:-30], {"format": "csv"}, "is not a whole zip that can be read ("),
    "damaged zip": (
        "a.zip",
        zipped({"a.csv": CSV}).replace(CSV, CSV.replace(b"Ann", b"Bob")),
        {"format": "csv"},
        "is not a whole zip that can be read (Bad CRC-32",
    ),
    "zip of an empty file": ("a.zip", zipped({"a.csv": b""}), {"format": "csv"}, "holds nothing, expected csv data"),
    "gzip in a zip": (
        "a.zip",
        zipped({"a.csv.gz": gzip.compress(CSV)}),
        {"format": "csv"},
        "is gzip within another packing, expected csv. Unpack it once.",
    ),
    "latin-1 for UTF-8": (
        "a.csv",
        CSV + "3,Zoë\n".encode("latin-1"),
        {},
        "is not utf-8: line 4 has the byte 0xeb (number 25 of the file, 5 of the line). State the encoding it has (enc",
    ),
    "UTF-16 without a mark": ("a.csv", CSV.decode().encode("utf-16-le"), {}, "Say encoding: utf-16-le in the client"),
    "UTF-16 big endian without a mark": ("a.csv", CSV.decode().encode("utf-16-be"), {}, "Say encoding: utf-16-be in t"),
    "UTF-16 for latin-1": (
        "a.csv",
        CSV.decode().encode("utf-16-le"),
        {"encoding": "latin-1"},
        "has a zero byte beside every second letter, as UTF-16 has, and is read as latin-1. Say encoding: utf-16-le in",
    ),
    "UTF-16 with a mark, said to be UTF-8": (
        "a.csv",
        CSV.decode().encode("utf-16"),
        {"encoding": "utf-8"},
        "begins in line 1 with the bytes FF FE, the byte order mark of UTF-16, which encoding: utf-8 contradicts. Say",
    ),
    "UTF-8 with a mark, said to be cp1252": (
        "a.csv",
        b"\xef\xbb\xbf" + CSV,
        {"encoding": "cp1252"},
        "begins in line 1 with the bytes EF BB BF, the byte order mark of UTF-8, which encoding: cp1252 contradicts.",
    ),
    "UTF-8 with a mark, said to be UTF-16": (
        "a.json",
        b'\xef\xbb\xbf[{"id": 1}]',
        {"encoding": "utf-16"},
        "the byte order mark of UTF-8, which encoding: utf-16 contradicts. Say encoding: utf-8",
    ),
    "UTF-16 of the other end": (
        "a.csv",
        b"\xfe\xff" + CSV.decode().encode("utf-16-be"),
        {"encoding": "utf-16-le"},
        "the bytes FE FF, the byte order mark of UTF-16, which encoding: utf-16-le contradicts",
    ),
    "UTF-8 said to be latin-1": (
        "a.csv",
        CSV + "3,Zoë\n".encode(),
        {"encoding": "latin-1"},
        "is UTF-8 from its first byte to its last, but encoding: latin-1 is said: line 4 has the bytes 0xc3 0xab, whic",
    ),
    "UTF-8 said to be cp1252 in gzip": (
        "a.jsonl.gz",
        gzip.compress('{"id": 1, "name": "€"}\n'.encode()),
        {"encoding": "cp1252"},
        "line 1 has the bytes 0xe2 0x82 0xac, which UTF-8 reads as '€' and cp1252 as 'â‚¬'. Say encoding: utf-8",
    ),
    "JSON not in UTF-8": ("a.json", b'[{"id": "\xe9"}]', {}, "is not utf-8: line 1 has the byte 0xe9"),
    "JSON Lines not in UTF-8": ("a.jsonl", b'{"id": 1}\n"\xe9"\n', {}, "is not utf-8: line 2 has the byte 0xe9"),
    "Parquet for CSV": ("a.csv", b"PAR1\x15\x04\xff", {}, "is a Parquet file, expected csv. Say format: parquet."),
    "CSV for a workbook": ("a.xlsx", CSV, {"format": "excel"}, "is no whole Excel workbook ("),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_file_is_read_as_what_it_is(tmp_path: Path, name: str) -> None:
    file, content, how, expected = GOOD[name]
    assert count(tmp_path, file, content, **how) == expected


@pytest.mark.parametrize("name", BAD)
def test_another_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    file, content, how, message = BAD[name]
    with pytest.raises(FormatError) as caught:
        count(tmp_path, file, content, **how)
    assert message in str(caught.value)
