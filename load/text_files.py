"""A shop's text files in any encoding that Python knows, plain or gzip, as DuckDB takes them."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import pyarrow as pa

from load.errors import LoadError

BATCH = 50_000  # CSV records at a time: some 20 MB
BLANKS = " \t\r\n\v\f"


def opened(path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacked where its name ends in .gz."""
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def codec(encoding: str) -> str:
    """The codec for an encoding; for UTF-8 the one that passes over a byte order mark."""
    # A byte order mark, which Excel writes, is no part of the first column's name.
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


@contextmanager
def _decoded(path: Path, encoding: str) -> Iterator[TextIO]:
    with opened(path) as binary, TextIOWrapper(binary, encoding=codec(encoding), newline="") as stream:
        try:
            yield stream
        except UnicodeDecodeError as error:
            raise LoadError(
                f"{path} is not {encoding}: {error.reason} 0x{error.object[error.start]:02x}. "
                "State the encoding it has (encoding: in the client file) and run the load again."
            ) from error


@contextmanager
def as_utf8(path: Path, encoding: str, folder: Path) -> Iterator[Path]:
    """Yield a UTF-8 file without a byte order mark: the file itself, else a copy in ``folder`` for the block."""
    with opened(path) as binary:
        is_marked = binary.read(3) == codecs.BOM_UTF8
    if codecs.lookup(encoding).name == "utf-8" and not is_marked:
        yield path
        return
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{path.stem}.utf8"
    try:
        with _decoded(path, encoding) as source, copy.open("w", encoding="utf-8", newline="") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def csv_header(path: Path, encoding: str, delimiter: str) -> list[str]:
    """The column names in the first record of a CSV file."""
    with _decoded(path, encoding) as stream:
        return next(csv.reader(stream, delimiter=delimiter, strict=True), [])


def csv_batches(path: Path, encoding: str, delimiter: str) -> pa.RecordBatchReader:
    """The records after the header: ``line`` where one ends, fields ``c0``, ``c1`` ..., all text.

    A record with another number of fields than the header has them as a JSON list in ``ragged`` instead. Python
    reads them because DuckDB's reader numbers neither records nor lines once it has skipped one. Raises LoadError
    when a quotation mark is open or misplaced.
    """
    width = len(csv_header(path, encoding, delimiter))
    names = ["line", "ragged", *(f"c{position}" for position in range(width))]
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names[1:])])
    return pa.RecordBatchReader.from_batches(schema, _batches(path, encoding, delimiter, schema))


def _batches(path: Path, encoding: str, delimiter: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    width = len(schema) - 2
    blank = [None] * width
    with _decoded(path, encoding) as stream:
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            next(reader, None)
            records = ((reader.line_num, record) for record in reader if record)
            while batch := list(islice(records, BATCH)):
                rows = [
                    (line, None, *record) if len(record) == width else (line, json.dumps(record), *blank)
                    for line, record in batch
                ]
                yield pa.RecordBatch.from_arrays(
                    [
                        pa.array(values, field.type)
                        for values, field in zip(zip(*rows, strict=True), schema, strict=True)
                    ],
                    schema=schema,
                )
        except csv.Error as error:
            raise LoadError(
                f"{path} is not CSV at line {reader.line_num}: {error}. A quotation mark is not closed or not doubled. "
                "Ask for the file again."
            ) from error


def lines_at(path: Path, wanted: Collection[int], encoding: str) -> dict[int, str]:
    """The text of some lines, counted from 1 without blank ones; bytes that are no text appear as ``\\xff``."""
    found: dict[int, str] = {}
    # A carriage return is no line end of JSON Lines.
    with (
        opened(path) as binary,
        TextIOWrapper(binary, encoding=codec(encoding), errors="backslashreplace", newline="\n") as stream,
    ):
        number = 0
        for line in stream:
            text = line.rstrip("\r\n")
            number += bool(text.strip(BLANKS))
            if number in wanted and text.strip(BLANKS):
                found[number] = text
    return found
