"""Whether a shop's own file can be read: each bad input by name, with what is said of it."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.data_file import FormatError, data_file
from contracts.layout import Layout
from formats import json as json_format
from tests.machine import JAFFLE_SHOP, ONLINE_RETAIL

CSV = b"id,name\n1,Ann\n2,Bob\n"
COLUMNS = {"customer_id": "id", "first_name": "name"}


def source(form: str, **how: Any) -> Layout:
    return Layout.model_validate({"format": form, "columns": COLUMNS} | how)


def count(tmp_path: Path, name: str, content: bytes, **how: Any) -> int:
    path = tmp_path / name
    path.write_bytes(content)
    form = Path(name.removesuffix(".gz")).suffix[1:]
    return data_file(
        path, source(**{"form": form} | {"form" if key == "format" else key: value for key, value in how.items()})
    ).check()


def parquet(table: pa.Table, tmp_path: Path) -> bytes:
    pq.write_table(table, tmp_path / "made")
    return (tmp_path / "made").read_bytes()


TABLE = pa.table({"id": [1, 2], "name": ["Ann", None], "new": [True, False]})

GOOD: dict[str, tuple[str, bytes, dict[str, Any], int]] = {
    "CSV": ("a.csv", CSV, {}, 2),
    "no line end at the end, as said": ("a.csv", CSV[:-1], {"ends_with_newline": False}, 2),
    "carriage returns alone": ("a.csv", CSV.replace(b"\n", b"\r"), {}, 2),
    "blank lines above": ("a.csv", b"\n , \n" + CSV, {}, 2),
    "rows of empty cells": ("a.csv", CSV + b',\n , \n"",\n', {}, 2),
    "columns without a name": ("a.csv", b"id,name,,\n1,Ann,,\n", {}, 1),
    "header with blanks": ("a.csv", b" id, name \n1,Ann\n", {}, 1),
    "header with blanks, mapped with them": (
        "a.csv",
        CSV,
        {"columns": {"customer_id": "id ", "first_name": " name"}},
        2,
    ),
    "column twice that nobody maps": ("a.csv", b"id,name,x,x\n1,A,2,3\n", {}, 1),
    "title lines": ("a.csv", b'My "shop\n\n' + CSV, {"header_line": 3}, 2),
    "header line said where it is": ("a.csv", CSV, {"header_line": 1}, 2),
    "line of Excel": ("a.csv", b"sep=;\n" + CSV.replace(b",", b";"), {}, 2),
    "line of Excel in quotes": ("a.csv", b'"SEP=;"\r\n' + CSV.replace(b",", b";"), {"delimiter": ";"}, 2),
    "line of Excel with a tab": ("a.csv", b"sep=\t\n" + CSV.replace(b",", b"\t"), {}, 2),
    "line of Excel and title lines": ("a.csv", b"sep=;\nx\n" + CSV.replace(b",", b";"), {"header_line": 3}, 2),
    "line of Excel and the first line said": ("a.csv", b"sep=,\n" + CSV, {"header_line": 1}, 2),
    "backslashes": ("a.csv", b'id,name\n1,"A \\"b\\", c"\n\\N,\\N\n2,\\N\n', {"escape": "\\"}, 2),
    "NUL characters": ("a.csv", CSV + b"\0,\0\n3,\0C\n", {}, 3),
    "Windows lines": ("a.csv", CSV.replace(b"\n", b"\r\n"), {}, 2),
    "blank lines": ("a.csv", CSV + b"\n\n3,Cid\n\n", {}, 3),
    "header alone": ("a.csv", b"id,name\n", {}, 0),
    "header alone without a line end": ("a.csv", b"id,name", {}, 0),
    "quotes, newlines, emoji, formulas": ("a.csv", CSV + '3,"O""Neil,\n🙂"\n4,=cmd()\n5,5" pipe\n'.encode(), {}, 5),
    "new columns, other order": ("a.csv", b"new,name,id\nx,Ann,1\n", {}, 1),
    "short and long records": ("a.csv", CSV + b"3\n4,Dee,x\n", {}, 4),
    "delimiter": ("a.csv", b'id;name\n1;"1.234,56"\n', {"delimiter": ";"}, 1),
    "JSON": ("a.json", b' [ {"id": 1, "name": "[]},{"} , {"id": 2} ] \n', {}, 2),
    "JSON without records": ("a.json", b"[]", {}, 0),
    "JSON Lines": ("a.jsonl", b'{"id": 1}\n\n {"name": "Ann"}\r\n{"id": 3}', {}, 3),
    "JSON Lines with a bad line": ("a.jsonl", b'{"id": 1, "name": "A"}\n{"id": \n{"id": 3}\n', {}, 3),
    "JSON Lines with a bad first line": ("a.jsonl", b'{"id": \n7\n{"id": 1, "name": "A"}\n', {}, 3),
    "JSON Lines with other line ends in them": ("a.jsonl", '{"id": 1,\r"name": "a\u2028b\x85"}\n'.encode(), {}, 1),
}

BAD: dict[str, tuple[str, bytes, dict[str, Any], str]] = {
    "empty": ("a.csv", b"", {}, "is empty (0 bytes), expected csv data. Ask for it again."),
    "blank": ("a.jsonl", b" \n\n", {}, "holds nothing, expected jsonl data"),
    "ends within a character": ("a.csv", CSV + b"3,Zo\xc3", {}, "is not utf-8: it ends within a character"),
    "no header": (
        "a.csv",
        CSV[8:],
        {},
        "which columns: in the client file maps; it has in line 1 2 values and no header. Its line 1 must be a hea",
    ),
    "no header at all": ("a.csv", b",\n\n", {}, "lacks id, name, which columns: in the client file maps; it has in li"),
    "other delimiter": (
        "a.csv",
        CSV.replace(b",", b";"),
        {},
        "it has in line 1 'id;name'. They are in line 1: say delimiter: \";\" in the client file.",
    ),
    "tabs": ("a.csv", CSV.replace(b",", b"\t"), {}, "They are in line 1: say delimiter: \"\\t\" in the client file."),
    "header below title lines": (
        "a.csv",
        b"Report\n\n" + CSV,
        {},
        "it has in line 1 'Report'. They are in line 3: say header_line: 3 in the client file.",
    ),
    "header below, by another delimiter": (
        "a.csv",
        b"Report\n" + CSV.replace(b",", b"|"),
        {},
        "They are in line 2: say header_line: 2 and delimiter: \"|\" in the client file.",
    ),
    "header above the line said": ("a.csv", CSV, {"header_line": 2}, "2 values and no header. They are in line 1"),
    "header line beyond the file": ("a.csv", CSV, {"header_line": 9}, "it has in line 9 none. They are in line 1: say"),
    "header line that is blank": ("a.csv", b"\n" + CSV, {"header_line": 1}, "it has in line 1 none. They are in line"),
    "header more than 20 lines below": ("a.csv", b"x\n" * 30 + CSV, {}, "it has in line 1 'x'. Its line 1 must be a h"),
    "JSON for CSV": ("a.csv", b'[{"a": 1}]\n', {}, "It looks like JSON: say format: json, or format: jsonl for an obj"),
    "line of Excel against the setting": (
        "a.csv",
        b"sep=;\n" + CSV,
        {"delimiter": ","},
        "says in line 1 that its delimiter is ';' (sep=;), but delimiter: ',' is said for it. Say delimiter: ';' in",
    ),
    "line of Excel against the file": ("a.csv", b"sep=;\n" + CSV, {}, "in line 2 'id,name'. They are in line 2: say d"),
    "no line end at the end": ("a.csv", CSV[:-1], {}, "is cut off in its last line, 3: that has no line end, as all o"),
    "no line end of Windows at the end": ("a.csv", CSV.replace(b"\n", b"\r\n")[:-2], {}, "say ends_with_newline: fals"),
    "backslashes unsaid": ("a.csv", CSV + b'3,"A \\"b\\" c"\n', {}, 'as MySQL writes it, say escape: "\\\\" in the cl'),
    "renamed column": (
        "a.csv",
        CSV.replace(b"name", b"full_name"),
        {},
        "lacks name, which columns: in the client file maps; it has in line 1 'id', 'full_name'. Fix the mapping",
    ),
    "column twice": ("a.csv", b"id,name,id\n1,A,2\n", {}, "has in line 1 the mapped column id twice (1st and 3rd), so"),
    "column twice, with blanks": ("a.csv", b"id,name,id , id\n1,A,2,3\n", {}, "id 3 times (1st, 3rd and 4th), so it i"),
    "open quotation mark": ("a.csv", CSV + b'3,"Cid\n4,Dee\n', {}, "is not CSV at line 5: unexpected end of data"),
    "misplaced quotation mark": ("a.csv", CSV + b'3,"C"id\n4,Dee\n', {}, "is not CSV at line 4: ',' expected after"),
    "truncated CSV": ("a.csv", CSV + b"3", {}, "is cut off in its last line, 4: 1 fields and no line end, exp"),
    "truncated JSON": (
        "a.json",
        b'[{"id": 1, "name": "A"}, {"id',
        {},
        "is not a whole JSON list of objects: after 1 of them it breaks off or is not JSON. Ask for it again",
    ),
    "JSON without its end": ("a.json", b'[{"id": 1, "name": "A"}', {}, "after 1 of them it breaks off or is not JSON"),
    "JSON without a comma": ("a.json", b'[{"id": 1} {"id": 2}]', {}, "after 1 of them it breaks off or is not JSON"),
    "JSON with a comma too many": ("a.json", b'[{"id": 1},]', {}, "after 1 of them it breaks off or is not JSON"),
    "JSON with a name twice": (
        "a.json",
        b'[{"id": 1, "name": "A"}, {"id": 1, "name": "B", "id": 2}]',
        {},
        "has the name id twice in one object, so it is open which value counts. Ask for it again.",
    ),
    "JSON with a number": ("a.json", b"[7]", {}, "after 0 of them it has a int where an object was expected"),
    "JSON with more behind it": ("a.json", b'[{"id": 1}] x', {}, "after 1 of them it goes on behind the closing ]"),
    "JSON Lines for JSON": ("a.json", b'{"id": 1}\n', {}, "it begins with '{', not with ["),
    "JSON with a renamed field": ("a.json", b'[{"id": 1, "full": 2}]', {}, "lacks name, which columns"),
    "truncated JSON Lines": (
        "a.jsonl",
        b'{"id": 1, "name": "A"}\n{"id": 2, "na',
        {},
        "is cut off in its last line, 2: Unterminated string",
    ),
    "JSON for JSON Lines": ("a.jsonl", b'[\n{"id": 1,\n"name": 2}\n]\n', {}, "lacks id, name, which columns: in"),
    "JSON Lines with a renamed field": ("a.jsonl", b'{"id": 1, "full": 2}\n', {}, "it has id, full. Fix the mapping"),
    "not Parquet": ("a.parquet", CSV, {}, "is not whole Parquet (Parquet magic bytes not found"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_records_are_counted(tmp_path: Path, name: str) -> None:
    file, content, how, expected = GOOD[name]
    assert count(tmp_path, file, content, **how) == expected


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_cause(tmp_path: Path, name: str) -> None:
    file, content, how, message = BAD[name]
    with pytest.raises(FormatError) as caught:
        count(tmp_path, file, content, **how)
    assert message in str(caught.value)


def test_parquet_rows_are_counted(tmp_path: Path) -> None:
    assert count(tmp_path, "a.parquet", parquet(TABLE, tmp_path)) == 2


def test_truncated_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"^is not whole Parquet \(.*Ask for it again\.$"):
        count(tmp_path, "a.parquet", parquet(TABLE, tmp_path)[:-20])


def test_parquet_with_a_renamed_column_is_refused(tmp_path: Path) -> None:
    renamed = TABLE.rename_columns({"name": "full_name"})
    with pytest.raises(FormatError, match=r"^lacks name, .* it has id, full_name, new\. Fix the mapping"):
        count(tmp_path, "a.parquet", parquet(renamed, tmp_path))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_json_is_read_the_same_in_chunks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(json_format, "CHUNK", size)
    records = [{"id": number, "name": 'a"b\\,[]{} ' * number} for number in range(20)]
    for indent in (None, 2):
        assert count(tmp_path, "a.json", json.dumps(records, indent=indent).encode()) == 20
    with pytest.raises(FormatError, match="after 20 of them it goes on behind"):
        count(tmp_path, "a.json", json.dumps(records).encode() + b"\n" * 9 + b"[")


def test_a_json_object_without_an_end_is_not_read_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_format, "CHUNK", 10)
    monkeypatch.setattr(json_format, "LONGEST_OBJECT", 30)
    with pytest.raises(FormatError, match="after 0 of them it breaks off or is not JSON"):
        count(tmp_path, "a.json", json.dumps([{"id": "x" * 100, "name": ""}]).encode())


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_a_large_file_is_read_in_little_memory(tmp_path: Path, form: str) -> None:
    rows = 60_000
    start, row, between, end = {
        "csv": ("id,name\n", f"1,{'x' * 318}", "\n", "\n"),
        "json": ("[", json.dumps({"id": 1, "name": "x" * 300}), ",", "]"),
        "jsonl": ("", json.dumps({"id": 1, "name": "x" * 300}), "\n", "\n"),
    }[form]
    path = tmp_path / f"large.{form}"
    path.write_text(start + between.join([row] * rows) + end, encoding="utf-8")
    assert path.stat().st_size > 19_000_000
    how = source(form)
    tracemalloc.start()
    try:
        assert data_file(path, how).check() == rows
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("path", "columns", "rows"),
    [
        pytest.param(
            *(JAFFLE_SHOP / "raw_payments.csv", {"payment_id": "id", "method": "payment_method"}, 113),
            marks=pytest.mark.needs("jaffle shop"),
            id="jaffle shop",
        ),
        pytest.param(
            *(ONLINE_RETAIL, {"order_id": "InvoiceNo"}, 541_909),
            marks=pytest.mark.needs("online retail"),
            id="online retail",
        ),
    ],
)
def test_real_files_are_counted(path: Path, columns: dict[str, str], rows: int) -> None:
    assert data_file(path, source(path.suffix[1:], columns=columns)).check() == rows
