"""Parquet: typed columns; a record is known by its row."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.data_file import Change, DataFile, FormatError, Place, Query, Relation, Texts, text_of
from contracts.sql_text import identifier, json_object, literal
from formats._kind import check_start
from formats._packed import as_plain, packed_as, seekable


@dataclass(frozen=True)
class ParquetFile(DataFile):
    """A Parquet file."""

    def check(self) -> int:
        """The rows by the file's own count."""
        check_start(self.path, self.layout.format)
        try:
            with seekable(self.path) as binary:
                metadata = pq.read_metadata(binary)
        except (pa.ArrowException, OSError) as error:
            raise FormatError(f"is not whole Parquet ({error}). Ask for it again.") from error
        columns = metadata.schema.to_arrow_schema().names
        self.require_columns(columns, "Fix the mapping, or ask for a file with these columns.")
        return int(metadata.num_rows)

    def count(self) -> int:
        """The rows by the file's own count."""
        with seekable(self.path) as binary:
            return int(pq.read_metadata(binary).num_rows)

    def may_have(self, column: str, found: Collection[str]) -> bool:
        """Whether a column, or the one that it is a field of, is one of those found."""
        return column in found or column.partition(".")[0] in found

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:
        """A changed value becomes one of its column by its text."""
        first, changed = 1, 0
        with seekable(self.path) as binary, packed_as(self.path, target) as out, pq.ParquetFile(binary) as file:
            schema = file.schema_arrow
            for name in texts:
                schema = schema.set(schema.get_field_index(name), pa.field(name, pa.string()))
            with pq.ParquetWriter(out, schema) as writer:
                for batch in file.iter_batches():
                    rows = batch.to_pylist()
                    records = {number: change(number, row) for number, row in enumerate(rows, first)}
                    new = {number - first: record for number, record in records.items() if record is not None}
                    for position, record in new.items():
                        _check_record(record, schema.names, first + position)
                    columns = [
                        _with_values(
                            pa.array(map(texts[name], column.to_pylist()), pa.string()) if name in texts else column,
                            {
                                position: record[name]
                                for position, record in new.items()
                                if name in record and record[name] is not rows[position][name]
                            },
                        )
                        for name, column in zip(schema.names, batch.columns, strict=True)
                    ]
                    writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
                    first, changed = first + len(rows), changed + len(new)
        return changed

    def relation(self, query: Query, spare: Path) -> Relation:
        """DuckDB reads it; the columns are named by position, as no name of a file may meet one of load's."""
        file = f"read_parquet({literal(str(as_plain(self.path, spare)))})"
        described = query(f"select column_name, column_type from (describe select * from {file})")
        places = {name: Place(f"c{position}", sql_type) for position, (name, sql_type) in enumerate(described)}
        texts = {name: place.text for name, place in places.items()}
        return Relation(
            rows=f"select {', '.join(f'{identifier(name)} as {text}' for name, text in texts.items())} from {file}",
            places=lambda: places,
            nested=lambda path: _nested_place(places, path),
            identity=", ".join(texts.values()),
            record=json_object(texts),
        )


def _nested_place(places: Mapping[str, Place], path: str) -> Place | None:
    """How SQL reaches a field of a struct; None where the type of the column has no such field."""
    name, *fields = path.split(".")
    if name not in places:
        return None
    text, kind = places[name].text, places[name].sql_type
    for field in fields:
        inner = _fields(kind)
        if field not in inner:
            return None
        text, kind = f"struct_extract({text}, {literal(field)})", inner[field]
    return Place(text, kind)


def _fields(sql_type: str) -> dict[str, str]:
    """The fields of a struct by name with their types, as DuckDB writes them: STRUCT(a VARCHAR, "b c" INTEGER)."""
    if not sql_type.startswith("STRUCT(") or not sql_type.endswith(")"):
        return {}
    fields: dict[str, str] = {}
    for text in _split(sql_type.removeprefix("STRUCT(")[:-1]):
        found = re.match(r'"((?:[^"]|"")*)" (.*)|(\S+) (.*)', text, re.DOTALL)
        if found:
            quoted, quoted_type, plain, plain_type = found.groups()
            fields[plain if quoted is None else quoted.replace('""', '"')] = plain_type or quoted_type
    return fields


def _split(text: str) -> Iterator[str]:
    """The parts between commas that are in no brackets and no quotation marks."""
    depth, is_quoted, begin = 0, False, 0
    for at, character in enumerate(text):
        is_quoted ^= character == '"'
        depth += 0 if is_quoted else (character == "(") - (character == ")")
        if character == "," and not depth and not is_quoted:
            yield text[begin:at].strip()
            begin = at + 1
    yield text[begin:].strip()


def _check_record(record: Any, columns: list[str], row: int) -> None:
    if not isinstance(record, dict):
        raise FormatError(f"row {row} is a {type(record).__name__}; expected its fields by the names of the columns")
    if unknown := sorted(record.keys() - {*columns}):
        raise FormatError(f"row {row} has {', '.join(unknown)}; expected columns of the file: {', '.join(columns)}")


def _with_values(column: pa.Array, values: Mapping[int, Any]) -> pa.Array:
    """The column with other values at some positions; pa.ArrowException when one cannot be of its type."""
    if not values:
        return column
    new = pa.array([None if value is None else text_of(value) for value in values.values()], pa.string())
    new = pa.nulls(len(new), column.type) if new.null_count == len(new) else new.cast(column.type)
    places = {position: len(column) + number for number, position in enumerate(values)}
    return pa.concat_arrays([column, new]).take(pa.array([places.get(at, at) for at in range(len(column))]))


FORMAT = ParquetFile
