"""Verify counts a file by other code than load reads it with, in every format."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from xlsxwriter import Workbook

import formats as folder
from contracts.data_file import data_file, formats
from contracts.layout import Layout


def sheet(path: Path, rows: list[list[str]]) -> None:
    with Workbook(path) as book:
        made = book.add_worksheet()
        for number, row in enumerate(rows):
            made.write_row(number, 0, row)


FILES: dict[str, Callable[[Path], Any]] = {
    "csv": lambda path: path.write_text("id,name\n1,Ann\n\n2,Bob\n"),
    "excel": lambda path: sheet(path, [["id", "name"], ["1", "Ann"], [], ["2", "Bob"]]),
    "fixed_width": lambda path: path.write_text("1 Ann\n\n2 Bob\n"),
    "json": lambda path: path.write_text('[{"id": "1"}, {"id": "2", "name": "Bob"}]'),
    "jsonl": lambda path: path.write_text('{"id": "1"}\n\n{"id": "2", "name": "Bob"}\n'),
    "parquet": lambda path: pq.write_table(pa.table({"id": ["1", "2"], "name": [None, "Bob"]}), path),
}
# They say what the file is, and read none of it.
SAID = {"TextFile.codec", "codec_of", "codec_of.<locals>.<listcomp>", "is_gzip", "is_zip", "is_document"}
SAID |= {"unpacked", "seekable"}
CELLS = "_workbook.py"  # what the cells of a sheet are, one library says


def run(action: Callable[[], Any]) -> tuple[Any, set[str]]:
    """What comes of the action, and which functions of formats/ ran for it."""
    ran = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.parent == Path(folder.__path__[0]) and file.name != CELLS:
            ran.add(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        return action(), ran
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("form", formats())
def test_count_shares_no_code_with_what_load_reads(tmp_path: Path, form: str, encoding: str, is_packed: bool) -> None:
    path = tmp_path / f"file.{form}"
    FILES[form](path)
    if form not in ("excel", "parquet"):
        path.write_text(path.read_text(), encoding=encoding)
        if is_packed:
            packed = tmp_path / f"file.{form}.gz"
            packed.write_bytes(gzip.compress(path.read_bytes()))
            path = packed
    fields = {"id": "1", "name": "3-5"} if form == "fixed_width" else {}
    file = data_file(path, Layout(format=form, encoding=encoding, columns={}, fields=fields))
    with duckdb.connect() as con:

        def read() -> list[tuple[Any, ...]]:
            relation = file.relation(lambda sql: con.execute(sql).fetchall(), tmp_path / "spare")
            batches = relation.batches
            if batches is not None:
                con.register("batches", pa.Table.from_batches(batches, batches.schema))
            con.execute(f"create temp table landed as {relation.rows}")
            assert [*relation.places()] == ["id", "name"]
            return con.execute("select count(*) from landed").fetchall()

        rows, by_load = run(read)
    counted, by_verify = run(file.count)
    assert rows == [(counted,)] == [(2,)]
    assert f"{type(file).__name__}.relation" in by_load
    assert any(name.endswith(".count") for name in by_verify)
    assert by_load & by_verify <= SAID
