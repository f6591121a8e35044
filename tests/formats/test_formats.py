"""Whether a shop's own file can be read: each bad input by name, with what is said of it."""

from __future__ import annotations

import gzip
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
    form = how.pop("format", Path(name.removesuffix(".gz")).suffix[1:])
    return data_file(path, source(form, **how)).check()


def parquet(table: pa.Table, tmp_path: Path) -> bytes:
    pq.write_table(table, tmp_path / "made")
    return (tmp_path / "made").read_bytes()


TABLE = pa.table({"id": [1, 2], "name": ["Ann", None], "new": [True, False]})

GOOD: dict[str, tuple[str, bytes, dict[str, Any], int]] = {
    "CSV": ("a.csv", CSV, {}, 2),
    "no line end at the end": ("a.csv", CSV[:-1], {}, 2),
    "Windows lines": ("a.csv", CSV.replace(b"\n", b"\r\n"), {}, 2),
    "blank lines": ("a.csv", CSV + b"\n\n3,Cid\n\n", {}, 3),
    "header alone": ("a.csv", b"id,name\n", {}, 0),
    "header alone without a line end": ("a.csv", b"id,name", {}, 0),
    "byte order mark": ("a.csv", b"\xef\xbb\xbf" + CSV, {}, 2),
    "quotes, newlines, emoji, formulas": ("a.csv", CSV + '3,"O""Neil,\n🙂"\n4,=cmd()\n5,5" pipe\n'.encode(), {}, 5),
    "new columns, other order": ("a.csv", b"new,name,id\nx,Ann,1\n", {}, 1),
    "short and long records": ("a.csv", CSV + b"3\n4,Dee,x\n", {}, 4),
    "delimiter": ("a.csv", b'id;name\n1;"1.234,56"\n', {"delimiter": ";"}, 1),
    "latin-1": ("a.csv", CSV + "3,Zoë\n".encode("latin-1"), {"encoding": "latin-1"}, 3),
    "UTF-16": ("a.csv", "id,name\n1,Zoë\n2\n".encode("utf-16"), {"encoding": "utf-16"}, 2),
    "gzip": ("a.csv.gz", gzip.compress(CSV), {}, 2),
    "gzip without a last line end": ("a.csv.gz", gzip.compress(CSV + b"3"), {}, 3),
    "JSON": ("a.json", b' [ {"id": 1, "name": "[]},{"} , {"id": 2} ] \n', {}, 2),
    "JSON without records": ("a.json", b"[]", {}, 0),
    "JSON in gzip": ("a.json.gz", gzip.compress(b'[{"id": 1, "name": "Ann"}]'), {}, 1),
    "JSON in latin-1": ("a.json", '[{"id": 1, "name": "Zoë"}]'.encode("latin-1"), {"encoding": "latin-1"}, 1),
    "JSON Lines": ("a.jsonl", b'{"id": 1}\n\n {"name": "Ann"}\r\n{"id": 3}', {}, 3),
    "JSON Lines with a bad line": ("a.jsonl", b'{"id": 1, "name": "A"}\n{"id": \n{"id": 3}\n', {}, 3),
    "JSON Lines with a bad first line": ("a.jsonl", b'{"id": \n7\n{"id": 1, "name": "A"}\n', {}, 3),
    "JSON Lines with other line ends in them": ("a.jsonl", '{"id": 1,\r"name": "a\u2028b\x85"}\n'.encode(), {}, 1),
}

BAD: dict[str, tuple[str, bytes, dict[str, Any], str]] = {
    "empty": ("a.csv", b"", {}, "is empty (0 bytes), expected csv data. Ask for it again."),
    "empty gzip": ("a.csv.gz", gzip.compress(b""), {}, "holds nothing, expected csv data"),
    "blank": ("a.jsonl", b" \n\n", {}, "holds nothing, expected jsonl data"),
    "truncated gzip": ("a.csv.gz", gzip.compress(CSV * 99)[:-9], {}, "is not whole gzip (Compressed file ended"),
    "damaged gzip": ("a.csv.gz", gzip.compress(CSV)[:-8] + b"\0" * 8, {}, "is not whole gzip (CRC check failed"),
    "damaged gzip body": ("a.csv.gz", gzip.compress(CSV)[:10] + b"\xff" * 9, {}, "is not whole gzip ("),
    "gzip by name alone": ("a.csv.gz", CSV, {}, "is not whole gzip (Not a gzipped file"),
    "gzip without the name": ("a.csv", gzip.compress(CSV), {}, "is gzip but its name does not end in .gz. Rename it."),
    "HTML for CSV": ("a.csv", b"\n<!DOCTYPE html>\n<p>id,name", {}, "is HTML or XML, expected csv: probably"),
    "HTML for JSON": ("a.json", b"\xef\xbb\xbf<HTML>", {}, "is HTML or XML, expected json: probably a login"),
    "HTML for JSON Lines": ("a.jsonl.gz", gzip.compress(b"<?xml?>"), {}, "is HTML or XML, expected jsonl"),
    "HTML for Parquet": ("a.parquet", b"<html></html>", {}, "is HTML or XML, expected parquet"),
    "latin-1 for UTF-8": (
        "a.csv",
        CSV + "3,Zoë\n".encode("latin-1"),
        {},
        "is not utf-8: line 4 has the byte 0xeb. State the encoding it has (encoding: in the client file)",
    ),
    "UTF-16 for UTF-8": ("a.csv", "id,name\n".encode("utf-16"), {}, "is not utf-8: line 1 has the byte 0xff"),
    "JSON not in UTF-8": ("a.json", b'[{"id": "\xe9"}]', {}, "is not utf-8: line 1 has the byte 0xe9"),
    "JSON Lines not in UTF-8": ("a.jsonl", b'{"id": 1}\n"\xe9"\n', {}, "is not utf-8: line 2 has the byte 0xe9"),
    "ends within a character": ("a.csv", CSV + b"3,Zo\xc3", {}, "is not utf-8: it ends within a character"),
    "no header": (
        "a.csv",
        CSV[8:],
        {},
        "lacks id, name, which columns: in the client file maps; it has 1, Ann. Its first line must be a header",
    ),
    "blank first line": ("a.csv", b"\n" + CSV, {}, "lacks id, name, which columns: in the client file maps; it has no"),
    "other delimiter": ("a.csv", CSV.replace(b",", b";"), {}, "it has id;name. Its first line must be a header"),
    "renamed column": (
        "a.csv",
        CSV.replace(b"name", b"full_name"),
        {},
        "lacks name, which columns: in the client file maps; it has id, full_name. Fix the mapping, or ask for",
    ),
    "column twice": ("a.csv", b"id,name,id\n1,A,2\n", {}, "has the mapped column id more than once"),
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
    "Parquet for CSV": ("a.csv", b"PAR1\x15\x04\xff", {}, "is not utf-8: line 1 has the byte 0xff"),
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
