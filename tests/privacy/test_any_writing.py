"""However a file writes an erased customer's id, load's reader finds it no more, and no byte of the person stays."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from contracts.data_file import data_file
from contracts.ids import id_text
from contracts.layout import Layout
from load.ids import canonical_id
from privacy.erased import Erased
from privacy.redaction import redact

NAME, MAIL = "Zoe Erased", "zoe.erased@example.com"
TRACES = (NAME, MAIL, "zoe.erased", "Zoe Er")
COLUMNS = {"customer_id": "Id", "first_name": "Name", "email": "Mail", "country": "Country"}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "iso8859-15"]
ids = st.sampled_from(["007", "42", "Ann", "ann.b@example.com", "Z 9", "a,b", 'a"b', "C-0001"])
blanks = st.text(st.sampled_from(" \t\xa0"), max_size=2)


@st.composite
def writings(draw: st.DrawFn) -> tuple[str, Any, bool]:
    """An id as raw has it, one of the ways to write it, and whether capitals count."""
    canonical = draw(ids)
    fold = draw(st.booleans())
    written = canonical
    if fold or "@" in canonical:
        written = draw(st.sampled_from([written, written.upper(), written.title()]))
    if canonical.isdigit() and not canonical.startswith("0"):
        written = draw(st.sampled_from([written, f"{written}.0", f"{written}.00"]))
    written = draw(st.sampled_from(["{}", '="{}"', "'{}"])).format(written)
    return id_text(canonical, fold_case=fold), draw(blanks) + written + draw(blanks), fold


def escaped(text: str, every: bool) -> str:
    """A JSON text, each sign as an escape perhaps."""
    return '"' + "".join(f"\\u{ord(sign):04x}" for sign in text) + '"' if every else json.dumps(text)


@st.composite
def json_records(draw: st.DrawFn, written: str) -> str:
    """A record in one of the ways that somebody's program writes it."""
    every = draw(st.booleans())
    name, mail = escaped(NAME, every), escaped(MAIL, every)
    identity = f"{escaped('Id', every)}: {escaped(written, every)}"
    rest = f'"Name": {name}, "Mail": {mail}, "Note": {{"deep": [{name}]}}'
    return draw(
        st.sampled_from(
            [
                f"{{{identity}, {rest}}}",
                f"{{{rest}, {identity}}}",
                f"{{{identity}, {rest},}}",
                f'{{{identity}, "Id": "other", {rest}}}',
                f'{{{identity}, {rest}, "Size": {"9" * 5_000}}}',
                f'{{{identity}, {rest}, "Size": NaN}}',
                f'{{{identity}, {rest}, "Size": 1e999}}',
                f"{{{identity}, {rest}, [}}",
                f"{{{identity}, {rest}",
                f"[{{{identity}, {rest}}}",
                f'{{"more": {"[" * 3_000}{"]" * 3_000}, {identity}, {rest}}}',
            ]
        )
    )


def check(path: Path, layout: Layout, canonical: str, others: list[str], texts: Callable[[bytes], str]) -> None:
    """Redact the file and look into its bytes, and into what load's reader finds in it."""
    erased = Erased(b"key", frozenset()).with_customer(canonical)
    assert redact(path, "order_lines", layout, erased) >= 1
    text = texts(path.read_bytes())
    assert [trace for trace in TRACES if trace in text or escaped(trace, every=True)[1:-1] in text] == []
    with duckdb.connect() as con:
        relation = data_file(path, layout).relation(lambda sql: con.execute(sql).fetchall(), path.with_suffix(".spare"))
        if relation.batches is not None:
            con.register("batches", relation.batches)
        con.execute(f"create table landed as {relation.rows}")
        place = relation.places()["Id"].text
        found = con.execute(f"select {canonical_id(place, fold_case=layout.fold_id_case)} from landed").fetchall()
    found_ids = {found_id for (found_id,) in found}
    assert canonical not in found_ids
    assert {*others} <= found_ids


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data(), writings())
def test_json_lines(data: st.DataObject, writing: tuple[str, str, bool]) -> None:
    canonical, written, fold = writing
    encoding = data.draw(st.sampled_from(ENCODINGS))
    written = written.replace("\xa0", " ") if encoding.startswith(("cp", "iso")) else written
    line = data.draw(json_records(written))
    how = Layout(format="jsonl", columns=COLUMNS, fold_id_case=fold, encoding=encoding)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.jsonl"
        path.write_bytes(f'{{"Id": "8", "Name": "Ann"}}\n{line}\n{{"Id": "9"}}\n'.encode(encoding))
        check(path, how, canonical, ["8", "9"], lambda content: content.decode(encoding))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data(), writings())
def test_csv(data: st.DataObject, writing: tuple[str, str, bool]) -> None:
    canonical, written, fold = writing
    encoding = data.draw(st.sampled_from(ENCODINGS))
    written = written.replace("\xa0", " ") if encoding.startswith(("cp", "iso")) else written
    delimiter, end = data.draw(st.sampled_from(",;\t|")), data.draw(st.sampled_from(["\n", "\r\n"]))
    packed = data.draw(st.sampled_from(["", ".gz", ".zip"]))
    fields = [written, NAME, MAIL, "US", *data.draw(st.sampled_from([[], [NAME], [f"a\n{MAIL}"]]))]
    out = io.StringIO()
    quoting = data.draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([[*COLUMNS.values()], ["8", "Ann", "", "DE"], fields, ["9", "", "", ""]])
    content = out.getvalue().encode(encoding)
    how = Layout(format="csv", columns=COLUMNS, fold_id_case=fold, encoding=encoding, delimiter=delimiter)

    def unpacked(content: bytes) -> str:
        if packed == ".zip":
            with ZipFile(io.BytesIO(content)) as archive:
                content = archive.read("people.csv")
        return (gzip.decompress(content) if packed == ".gz" else content).decode(encoding)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"people.csv{packed}"
        if packed == ".zip":
            with ZipFile(path, "w") as archive:
                archive.writestr("people.csv", content)
        else:
            path.write_bytes(gzip.compress(content) if packed else content)
        check(path, how, canonical, ["8", "9"], unpacked)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.data(), writings())
def test_a_json_list(data: st.DataObject, writing: tuple[str, str, bool]) -> None:
    canonical, written, fold = writing
    every, encoding = data.draw(st.booleans()), data.draw(st.sampled_from(ENCODINGS[:3]))
    record = (
        f'{{{escaped("Id", every)}: {escaped(written, every)}, "Name": {escaped(NAME, every)}, "Note": ["{MAIL}"]}}'
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.json"
        path.write_bytes(f'[{{"Id": "8"}}, {record}]'.encode(encoding))
        how = Layout(format="json", columns=COLUMNS, fold_id_case=fold, encoding=encoding)
        check(path, how, canonical, ["8"], lambda content: content.decode(encoding))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(writings(), st.sampled_from(["text", "number", "float"]))
def test_parquet(writing: tuple[str, str, bool], kind: str) -> None:
    canonical, written, fold = writing
    found: Any = written
    if kind != "text":
        canonical, found = "42", 42 if kind == "number" else 42.0
    other: Any = "8" if kind == "text" else 8 if kind == "number" else 8.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.parquet"
        table = pa.table({"Id": [other, found], "Name": ["Ann", NAME], "Mail": [None, MAIL], "Country": ["DE", "US"]})
        pq.write_table(table, path, compression="none", use_dictionary=False)
        how = Layout(format="parquet", columns=COLUMNS, fold_id_case=fold)
        check(path, how, canonical, ["8"], lambda content: content.decode("latin-1"))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(writings(), st.booleans())
def test_a_workbook(writing: tuple[str, str, bool], is_number: bool) -> None:
    canonical, written, fold = ("42", 42, False) if is_number else writing
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.xlsx"
        with Workbook(path, {"strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([[*COLUMNS.values()], ["8", "Ann", "", "DE"], [written, NAME, MAIL, "US"]]):
                sheet.write_row(number, 0, row)

        def members(content: bytes) -> str:
            with ZipFile(io.BytesIO(content)) as archive:
                return "".join(archive.read(name).decode() for name in archive.namelist())

        how = Layout(format="excel", columns=COLUMNS, fold_id_case=fold)
        check(path, how, canonical, ["8"], members)


@pytest.mark.parametrize("written", ["{}", "{} ", '="{}"'])
def test_nested_records(tmp_path: Path, written: str) -> None:
    path = tmp_path / "orders.jsonl"
    order = {"id": "1", "customer": {"id": written.format("Ann"), "name": NAME}, "lines": [{"sku": "x", "to": MAIL}]}
    path.write_text(json.dumps(order) + '\n{"id": "2", "customer": {"id": "8"}, "lines": [{"sku": "y"}]}\n')
    how = Layout(
        format="jsonl", records="lines", columns={"order_id": "id", "customer_id": "customer.id", "sku": "lines.sku"}
    )
    assert redact(path, "order_lines", how, Erased(b"key", frozenset()).with_customer("Ann")) == 1
    assert [trace for trace in TRACES if trace in path.read_text()] == []
