"""CSV: a header, then records of fields by its names; a record is known by the line where it ends."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from contracts.data_file import Change, FormatError, Place, Query, Relation, Texts, text_of
from contracts.sql_text import json_object
from formats._text import TextFile, check_start, is_gzip, line_end

BATCH = 50_000  # records at a time: some 20 MB


@dataclass(frozen=True)
class CsvFile(TextFile):
    """A CSV file; a record is a dict by the names of the header.

    What no name is for is under None, which a record has only where its fields are not as many as the header's.
    """

    newline: ClassVar[str] = ""

    def check(self) -> int:
        """Records after the header that are not blank."""
        check_start(self.path, self.layout.format)
        last: list[str] = []
        count = 0
        with self.text() as stream:
            records = csv.reader(stream, delimiter=self.layout.delimiter, strict=True)
            try:
                header = next(records, [])
                self._check_header(header)
                for record in records:
                    if record:
                        last = record
                        count += 1
            except csv.Error as error:
                raise _refused(records, error) from error
        if len(last) < len(header) and last and not self._ends_with_newline():
            raise FormatError(
                f"is cut off in its last line, {records.line_num}: {len(last)} fields and no line end, expected "
                f"{len(header)}. Ask for it again."
            )
        return count

    def _check_header(self, header: list[str]) -> None:
        mapped = set(self.layout.columns.values())
        delimiter = self.layout.delimiter
        hint = f"Fix the mapping, or ask for a file with these columns; its delimiter is {delimiter!r}."
        if not mapped & set(header):
            hint = f"Its first line must be a header, with the delimiter {delimiter!r} (delimiter: in the client file)."
        self.require_columns(header, hint)
        if repeated := sorted(column for column in mapped if header.count(column) > 1):
            raise FormatError(
                f"has the mapped column {', '.join(repeated)} more than once, so it is open which one counts. "
                "Ask for a file where it appears once."
            )

    def _ends_with_newline(self) -> bool:
        if is_gzip(self.path):
            return True  # gzip knows its own length, so a cut was found while reading
        with self.path.open("rb") as stream:
            stream.seek(max(self.path.stat().st_size - 4, 0))
            return stream.read().rstrip(b"\0").endswith((b"\n", b"\r"))  # UTF-16 and UTF-32 pad with zero bytes

    def count(self) -> int:
        """The same, by a reader that forgives what load would refuse."""
        with self.text_again() as stream:
            records = csv.reader(stream, delimiter=self.layout.delimiter)
            next(records, None)
            return sum(bool(record) for record in records)

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 all is text
        """Goes by the lines that each record was read from, so that all others keep their bytes."""
        read: list[str] = []
        changed = 0
        with self.text() as stream, self.writer(target) as out:
            records = csv.reader(_noted(stream, read), delimiter=self.layout.delimiter, strict=True)
            header = next(records, [])
            out.writelines(read)
            read.clear()
            for fields in records:
                text = "".join(read)
                read.clear()
                record = _named(header, fields)
                new = change(records.line_num, record) if fields else None
                if new is not None:
                    changed += 1
                    text = self._line(_fields(header, fields, record, new, records.line_num), line_end(text))
                out.write(text)
        return changed

    def _line(self, fields: Sequence[str], end: str) -> str:
        line = StringIO()
        csv.writer(line, delimiter=self.layout.delimiter, lineterminator=end).writerow(fields)
        return line.getvalue()

    def relation(self, query: Query, spare: Path) -> Relation:  # noqa: ARG002 Python reads it
        """A record with another number of fields has them as a JSON list in ``ragged`` instead.

        Python reads it because DuckDB's reader numbers neither records nor lines once it has skipped one.
        """
        with self.text() as stream:
            header = next(csv.reader(stream, delimiter=self.layout.delimiter, strict=True), [])
        places = {name: Place(f"c{position}") for position, name in enumerate(header)}
        names = ["ragged", *(f"c{position}" for position in range(len(header)))]
        schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names)])
        return Relation(
            rows="select * from batches",
            places=lambda: places,
            identity=", ".join(names),  # by position: two columns of one name are two columns
            record=f"coalesce(ragged, {json_object({name: place.text for name, place in places.items()})})",
            line="line",
            problem=f"case when ragged is not null then 'the record has ' || json_array_length(ragged) || ' fields'"
            f" || '; expected {len(header)}' end",
            batches=pa.RecordBatchReader.from_batches(schema, self._batches(schema)),
        )

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        width = len(schema) - 2
        blank = [None] * width
        with self.text() as stream:
            reader = csv.reader(stream, delimiter=self.layout.delimiter, strict=True)
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
                raise _refused(reader, error) from error


def _refused(reader: Any, error: csv.Error) -> FormatError:
    return FormatError(
        f"is not CSV at line {reader.line_num}: {error}. A quotation mark is not closed or not doubled, or the file is "
        "cut off there."
    )


def _noted(lines: Iterable[str], read: list[str]) -> Iterator[str]:
    for line in lines:
        read.append(line)
        yield line


def _named(header: Sequence[str], fields: Sequence[str]) -> dict[str | None, Any]:
    record: dict[str | None, Any] = {**dict(zip(header, fields, strict=False))}
    return record if len(fields) == len(header) else record | {None: fields[len(header) :]}


def _fields(
    header: Sequence[str], fields: Sequence[str], record: Mapping[str | None, Any], new: Any, line: int
) -> list[str]:
    """The fields of a changed record; as many as it had where that is still said of it, else those of the header."""
    if isinstance(new, list):
        return [text_of(value) for value in new]
    if not isinstance(new, dict):
        raise FormatError(f"line {line} is {new!r}; expected its fields by the names of the header")
    if unknown := sorted(new.keys() - {*header, None}):
        raise FormatError(f"line {line} has {', '.join(unknown)}; expected columns of the file: {', '.join(header)}")
    if None in record and None not in new:
        return [text_of(new.get(name)) for name in header]
    texts = [
        field if name not in new or new[name] == record[name] else text_of(new[name])
        for name, field in zip(header, fields, strict=False)
    ]
    return [*texts, *[""] * (len(fields) - len(texts))]


FORMAT = CsvFile
