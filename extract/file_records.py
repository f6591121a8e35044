"""Whether a shop's own file can be read as its client file says, and how many records it has; in bounded memory."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import re
import zlib
from collections.abc import Collection, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.layout import Layout
from extract.errors import ExtractError

GZIP_MAGIC = b"\x1f\x8b"
MARKUP = (b"<!doctype", b"<html", b"<?xml")
CHUNK = 1 << 20
LONGEST_OBJECT = 1 << 24  # characters; DuckDB's own limit for one JSON object is 16 MiB
COMMA = re.compile(r"\s*,\s*")
CLOSING = re.compile(r"\s*\]\s*")
BLANK = re.compile(r"\s*")


def count_records(path: Path, source: Layout, name: str) -> int:
    """Count a file's records: CSV records after the header that are not blank, JSON objects, Parquet rows.

    Raises ExtractError, whose message begins with ``name``, when the file is empty, truncated, HTML, not gzip where
    its name says so, not in the stated encoding or format, or lacks a column that the client file maps. What the
    values mean is not looked at: a single bad row is for load to quarantine.
    """
    if not path.stat().st_size:
        raise ExtractError(f"{name} is empty (0 bytes), expected {source.format} data. Ask for it again.")
    try:
        _check_start(path, source, name)
        if source.format == "parquet":
            return _parquet(path, source, name)
        newline = "" if source.format == "csv" else "\n"  # a carriage return is no line end of JSON Lines
        with _opened(path) as binary, TextIOWrapper(binary, encoding=_encoding(source), newline=newline) as stream:
            if source.format == "csv":
                return _csv(stream, path, source, name)
            return _json(stream, source, name) if source.format == "json" else _json_lines(stream, source, name)
    except UnicodeDecodeError as error:
        raise ExtractError(
            f"{name} is not {source.encoding}: {_bad_byte(path, source)}. State the encoding it has (encoding: in the "
            f"client file), or have it written as {source.encoding}."
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ExtractError(f"{name} is not whole gzip ({error}). Ask for it again.") from error


def _is_gzip(path: Path) -> bool:
    return path.suffix == ".gz"


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if _is_gzip(path) else path.open("rb")


def _encoding(source: Layout) -> str:
    codec = codecs.lookup(source.encoding).name
    # A byte order mark, which Excel writes, is no part of the first column's name.
    return "utf-8-sig" if codec == "utf-8" else codec


def _check_start(path: Path, source: Layout, name: str) -> None:
    with path.open("rb") as stream:
        if stream.read(2) == GZIP_MAGIC and not _is_gzip(path):
            raise ExtractError(f"{name} is gzip but its name does not end in .gz. Rename it.")
    with _opened(path) as stream:
        start = stream.read(512)
    if not start.strip():
        raise ExtractError(f"{name} holds nothing, expected {source.format} data. Ask for it again.")
    if start.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(MARKUP):
        raise ExtractError(
            f"{name} is HTML or XML, expected {source.format}: probably a login or error page saved under the name "
            "of the file. Download it again."
        )


def _bad_byte(path: Path, source: Layout) -> str:
    decoder = codecs.getincrementaldecoder(source.encoding)()
    with _opened(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError as error:
                return f"line {number} has the byte 0x{error.object[error.start]:02x}"
    return "it ends within a character"


def _require_columns(found: Collection[str], source: Layout, name: str, hint: str) -> None:
    missing = [column for column in source.columns.values() if column not in found]
    if missing:
        raise ExtractError(
            f"{name} lacks {', '.join(missing)}, which columns: in the client file maps; it has "
            f"{', '.join(found)[:300] or 'none'}. {hint}"
        )


def _csv(stream: TextIO, path: Path, source: Layout, name: str) -> int:
    records = csv.reader(stream, delimiter=source.delimiter, strict=True)
    last: list[str] = []
    count = 0
    try:
        header = next(records, [])
        _check_header(header, source, name)
        for record in records:
            if record:
                last = record
                count += 1
    except csv.Error as error:
        raise ExtractError(
            f"{name} is not CSV at line {records.line_num}: {error}. A quotation mark is not closed or not doubled, "
            "or the file is cut off there."
        ) from error
    if len(last) < len(header) and last and not _ends_with_newline(path):
        raise ExtractError(
            f"{name} is cut off in its last line, {records.line_num}: {len(last)} fields and no line end, expected "
            f"{len(header)}. Ask for it again."
        )
    return count


def _check_header(header: list[str], source: Layout, name: str) -> None:
    mapped = set(source.columns.values())
    hint = f"Fix the mapping, or ask for a file with these columns; its delimiter is {source.delimiter!r}."
    if not mapped & set(header):
        hint = (
            f"Its first line must be a header, with the delimiter {source.delimiter!r} (delimiter: in the client file)."
        )
    _require_columns(header, source, name, hint)
    if repeated := sorted(column for column in mapped if header.count(column) > 1):
        raise ExtractError(
            f"{name} has the mapped column {', '.join(repeated)} more than once, so it is open which one counts. "
            "Ask for a file where it appears once."
        )


def _ends_with_newline(path: Path) -> bool:
    if _is_gzip(path):
        return True  # gzip knows its own length, so a cut was found while reading
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 4, 0))
        return stream.read().rstrip(b"\0").endswith((b"\n", b"\r"))  # UTF-16 and UTF-32 pad with zero bytes


def _json(stream: TextIO, source: Layout, name: str) -> int:
    found: dict[str, None] = {}
    count = 0
    try:
        for count, record in enumerate(_objects(stream), 1):  # noqa: B007 the last number is the count
            found.update(dict.fromkeys(record))
    except ValueError as error:
        if isinstance(error, UnicodeDecodeError):
            raise
        raise ExtractError(
            f"{name} is not a whole JSON list of objects: after {count} of them {error}. Ask for it again, or state "
            "format: jsonl if it has one object a line."
        ) from error
    if count:
        _require_columns(found, source, name, "Fix the mapping, or ask for records with these fields.")
    return count


def _objects(stream: TextIO) -> Iterator[dict[str, Any]]:
    """Yield the objects of one JSON list a chunk at a time; ValueError says what was found instead of the next."""
    decode = json.JSONDecoder().raw_decode
    text = stream.read(CHUNK).lstrip()
    if not text.startswith("["):
        raise ValueError(f"it begins with {text[:1]!r}, not with [")
    text, at, lead = text[1:], 0, BLANK
    while not (closing := CLOSING.match(text, at)):
        before = lead.match(text, at)
        try:
            value, at = decode(text, before.end()) if before else (None, at)
        except ValueError:
            before = None
        if before is None:  # the next object is not all there yet
            more = stream.read(CHUNK) if len(text) - at < LONGEST_OBJECT else ""
            if not more:
                raise ValueError("it breaks off or is not JSON")
            text, at = text[at:] + more, 0
            continue
        if not isinstance(value, dict):
            raise ValueError(f"it has a {type(value).__name__} where an object was expected")  # noqa: TRY004
        yield value
        lead = COMMA
    if text[closing.end() :].strip() or any(chunk.strip() for chunk in iter(lambda: stream.read(CHUNK), "")):
        raise ValueError("it goes on behind the closing ]")


def _json_lines(stream: TextIO, source: Layout, name: str) -> int:
    found: dict[str, None] = {}
    missing = set(source.columns.values())
    count = 0
    for number, line in enumerate(stream, 1):
        if not line.strip(" \t\r\n"):
            continue
        count += 1
        is_cut = not line.endswith("\n")
        if not (missing or is_cut):
            continue  # the columns are known to be there; whether this line is sound is for load to say
        try:
            record = json.loads(line)
        except ValueError as error:
            if is_cut:
                raise ExtractError(
                    f"{name} is cut off in its last line, {number}: {error}. Ask for it again."
                ) from error
            continue
        if isinstance(record, dict):
            found.update(dict.fromkeys(record))
            missing -= record.keys()
    _require_columns(found, source, name, "Fix the mapping, or ask for one JSON object a line with these fields.")
    return count


def _parquet(path: Path, source: Layout, name: str) -> int:
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise ExtractError(f"{name} is not whole Parquet ({error}). Ask for it again.") from error
    columns = metadata.schema.to_arrow_schema().names
    _require_columns(columns, source, name, "Fix the mapping, or ask for a file with these columns.")
    return int(metadata.num_rows)
