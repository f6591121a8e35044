"""CSV: a header, then records of fields by its names; a record is known by the line where it ends."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from itertools import chain, islice
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from contracts.data_file import Change, FormatError, Place, Query, Relation, Texts
from contracts.layout import Layout
from contracts.sql_text import json_object, literal
from contracts.warning import Kind
from formats._encoding import check_encoding
from formats._packed import is_gzip, is_zip, unpacked
from formats._table import SEARCHED, changed_fields, check_names, header_found, is_empty, names_of, record_of
from formats._text import CHUNK, LONGEST_LINE, TextFile, bounded_lines, line_end

csv.field_size_limit(LONGEST_LINE)  # Python's own is 131,072 characters, which texts of products have
BATCH = 50_000  # records at a time: some 20 MB
COMMA = ","
OTHER_DELIMITERS = (";", "\t", "|", ",", ":", "^", "~")
SEP = re.compile(r'"?sep=(.)"?[,;\s]*', re.IGNORECASE)  # Excel's own first line, which says the delimiter
SHOWN = 5


@dataclass
class Reader:
    """An open CSV: its header, then its records with their lines, without blank lines and rows of empty cells.

    ``header`` has '' for a column without a name; NUL characters are taken out of the records that ``nuls`` has then.
    """

    lines: Iterable[str]
    layout: Layout
    has_nuls: bool = False
    header: list[str] = field(init=False)
    header_line: int = field(init=False)
    delimiter: str = field(init=False)
    nuls: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = iter(self.lines)
        first = next(lines, "")
        said = SEP.fullmatch(first)
        self.delimiter = self.layout.delimiter or (said[1] if said else COMMA)
        if said and said[1] != self.delimiter:
            raise FormatError(
                f"says in line 1 that its delimiter is {said[1]!r} ({first.strip()}), but delimiter: "
                f"{self.delimiter!r} is said for it. Say delimiter: {said[1]!r} in the client file, or leave it out."
            )
        wanted = max(self.layout.header_line or 1, 2 if said else 1)
        self._skipped = sum(1 for _ in islice(chain([first], lines), wanted - 1))
        whole = lines if wanted > 1 else chain([first], lines)
        if self.layout.escape:
            whole = _without_null_signs(whole, self.delimiter)
        self._records = csv.reader(
            whole, delimiter=self.delimiter, escapechar=self.layout.escape, strict=True
        )  # a doubled quotation mark is one, with an escape sign, too
        self.header = []
        self.header_line = wanted
        for line, cells in self.rows():
            if self.layout.header_line or not is_empty(cells):
                self.header, self.header_line = names_of(cells), line
                break

    @property
    def line(self) -> int:
        """The line that was read last."""
        return int(self._records.line_num) + self._skipped

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return ((line, cells) for line, cells in self.rows() if not is_empty(cells))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """All of them, those that are none, too."""
        records = self._records
        skipped = self._skipped
        try:
            for record in records:
                line = records.line_num + skipped
                yield line, self._without_nuls(line, record) if self.has_nuls else record
        except csv.Error as error:
            if "field limit" in str(error):
                raise FormatError(
                    f"has a field of more than {LONGEST_LINE:,} characters that ends at line {self.line:,} or later. A "
                    "quotation mark is not closed, or it is no CSV; ask for it again."
                ) from error
            raise FormatError(
                f"is not CSV at line {self.line}: {error}. A quotation mark within quotation marks is not doubled, one "
                "is not closed, or the file is cut off there. Where a backslash stands before such a mark, as MySQL "
                'writes it, say escape: "\\\\" in the client file.'
            ) from error

    def _without_nuls(self, line: int, record: list[str]) -> list[str]:
        bare = [cell.replace("\0", "") for cell in record]
        if bare != record:
            header = getattr(self, "header", [])
            names = [name for name, cell in zip(header, record, strict=False) if "\0" in cell]
            self.nuls[line] = names
        return bare


@dataclass(frozen=True)
class CsvFile(TextFile):
    """A CSV file; a record is a dict by the names of the header.

    What no name is for is under None, which a record has only where its fields are not as many as the header's.
    """

    newline: ClassVar[str] = ""

    def check(self) -> int:
        """Records after the header that are not blank."""
        self.check_text()
        last: list[str] = []
        count = 0
        with self._opened() as reader:
            self._check_header(reader)
            for count, (_, last) in enumerate(reader, 1):  # noqa: B007 the last number is the count
                pass
            width, line = len(reader.header), reader.line
        self._check_end(last, width, line)
        return count

    def _check_end(self, last: Sequence[str], width: int, line: int) -> None:
        if not last or self._ends_with_newline():
            return
        if len(last) < width:
            raise FormatError(
                f"is cut off in its last line, {line}: {len(last)} fields and no line end, expected {width}. Ask for "
                "it again."
            )
        if self.layout.ends_with_newline:
            raise FormatError(
                f"is cut off in its last line, {line}: that has no line end, as all others have, so its last value may "
                "be half of one. Ask for it again; where the program that writes it never ends the last line, say "
                "ends_with_newline: false in the client file."
            )

    def _check_header(self, reader: Reader) -> None:
        hint = f"Fix the mapping, or ask for a file with these columns; its delimiter is {reader.delimiter!r}."
        if not {*self.layout.header} <= {*reader.header}:
            hint = self._where_it_is(reader) or hint
        check_names(self.layout, reader.header, reader.header_line, hint)

    def _where_it_is(self, reader: Reader) -> str | None:
        """What to say where the mapped columns are below, or apart by another delimiter; None for neither."""
        with self.text() as stream:
            lines = [*islice(stream, reader.header_line + SEARCHED)]
        for delimiter in dict.fromkeys((reader.delimiter, *OTHER_DELIMITERS)):
            rows = [(number, _cells(line, delimiter)) for number, line in enumerate(lines, 1)]
            if (line := header_found(self.layout, rows)) is None:
                continue
            settings = [f"header_line: {line}"] if line != reader.header_line else []
            settings += [f"delimiter: {json.dumps(delimiter)}"] if delimiter != reader.delimiter else []
            if settings:
                return f"They are in line {line}: say {' and '.join(settings)} in the client file."
        if self._begins_as_json(lines):
            return "It looks like JSON: say format: json, or format: jsonl for an object a line."
        if {*self.layout.header} & {*reader.header}:
            return None
        return (
            f"Its line {reader.header_line} must be a header, with the delimiter {reader.delimiter!r} (header_line: "
            "and delimiter: in the client file)."
        )

    @staticmethod
    def _begins_as_json(lines: Sequence[str]) -> bool:
        return re.match(r"\s*(\[\s*)?\{\s*(\"|\}|$)", "".join(lines[:3])) is not None

    def _ends_with_newline(self) -> bool:
        if is_gzip(self.path) or is_zip(self.path):
            return True  # a packing knows its own length, so a cut was found while reading
        with self.path.open("rb") as stream:
            stream.seek(max(self.path.stat().st_size - 4, 0))
            return stream.read().rstrip(b"\0").endswith((b"\n", b"\r"))  # UTF-16 and UTF-32 pad with zero bytes

    def count(self) -> int:
        """The same, by a reader that forgives what load would refuse."""
        with self.text_again() as stream:
            first = stream.readline()
            said = first[:8].lower().lstrip('"').startswith("sep=")
            delimiter = self.layout.delimiter or (first.lstrip('"')[4] if said else COMMA)
            above = max(self.layout.header_line or 1, 1 + said) - 1
            for _ in range(above - 1):
                stream.readline()
            lines = stream if above else chain([first], stream)
            records = csv.reader(lines, delimiter=delimiter, escapechar=self.layout.escape)
            full = sum("".join(record).replace("\0", "").strip() != "" for record in records)
            return max(full - 1, 0)

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 all is text
        """Goes by the lines that each record was read from, so that all others keep their bytes."""
        read: list[str] = []
        changed = 0
        with self.text() as stream, self.writer(target) as out:
            reader = Reader(_noted(bounded_lines(stream), read), self.layout, has_nuls=self._has_nuls())
            out.writelines(read)
            read.clear()
            for line, fields in reader.rows():
                text = "".join(read)
                read.clear()
                record = record_of(reader.header, fields)
                new = None if is_empty(fields) else change(line, record)
                if new is not None:
                    changed += 1
                    made = changed_fields(reader.header, fields, record, new, line)
                    text = self._line(made, line_end(text), reader.delimiter)
                out.write(text)
        return changed

    def _line(self, fields: Sequence[str], end: str, delimiter: str) -> str:
        line = StringIO()
        csv.writer(line, delimiter=delimiter, lineterminator=end, escapechar=self.layout.escape).writerow(fields)
        return line.getvalue()

    def relation(self, query: Query, spare: Path) -> Relation:  # noqa: ARG002 Python reads it
        """A record with another number of fields has them as a JSON list in ``ragged`` instead.

        Python reads it because DuckDB's reader numbers neither records nor lines once it has skipped one.
        """
        check_encoding(self.path, self.layout.encoding, self.codec)
        with self._opened() as reader:
            header, delimiter = reader.header, reader.delimiter
        places = {name: Place(f"c{position}") for position, name in enumerate(header) if name}
        names = ["ragged", *(f"c{position}" for position in range(len(header)))]
        schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names)])
        nuls: dict[int, list[str]] = {}
        return Relation(
            rows="select * from batches",
            places=lambda: places,
            identity=", ".join(names),  # by position: two columns of one name are two columns
            record=f"coalesce(ragged, {json_object({name: place.text for name, place in places.items()})})",
            line="line",
            problem=_ragged(len(header), delimiter),
            batches=pa.RecordBatchReader.from_batches(schema, self._batches(schema, nuls)),
            warnings=lambda: _nul_warnings(nuls),
        )

    def _batches(self, schema: pa.Schema, nuls: dict[int, list[str]]) -> Iterator[pa.RecordBatch]:
        width = len(schema) - 2
        blank = [None] * width
        with self._opened() as reader:
            records = iter(reader)
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
            nuls.update(reader.nuls)

    @contextmanager
    def _opened(self) -> Iterator[Reader]:
        has_nuls = self._has_nuls()
        with self.text() as stream:
            yield Reader(bounded_lines(stream), self.layout, has_nuls)

    def _has_nuls(self) -> bool:
        """Whether the bytes have a zero, as those of UTF-16 always have."""
        with unpacked(self.path) as binary:
            return any(b"\0" in chunk for chunk in iter(lambda: binary.read(CHUNK), b""))


def _ragged(width: int, delimiter: str) -> str:
    """SQL for what is wrong with a record that has more or fewer fields than the header."""
    fields = "json_array_length(ragged)"
    many = literal(
        f" fields, expected {width}: {delimiter!r} within a text or an amount needs quotation marks around the field, "
        "or another delimiter"
    )
    few = literal(f" fields, expected {width}: a line break within a text needs quotation marks around the field")
    return (
        f"case when ragged is not null then 'the record has ' || {fields} || if({fields} > {width}, {many}, {few}) end"
    )


def _nul_warnings(nuls: Mapping[int, Sequence[str]]) -> Iterator[tuple[Kind, str]]:
    if nuls:
        lines = ", ".join(map(str, [*nuls][:SHOWN])) + (" ..." if len(nuls) > SHOWN else "")
        columns = ", ".join(dict.fromkeys(name for names in nuls.values() for name in names)) or "none that has a name"
        yield (
            Kind.NUL_CHARACTERS,
            f"{len(nuls):,} records have NUL characters, which were taken out (lines {lines}; columns {columns})",
        )


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line that may be a header; none where it is no CSV."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _without_null_signs(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    r"""Lines in which MySQL's \N, which means that there is nothing, is an empty field."""
    mark = re.escape(delimiter)
    sign = re.compile(rf"(?:^|(?<={mark}))\\N(?={mark}|[\r\n]*$)")
    return (sign.sub("", line) for line in lines)


def _noted(lines: Iterable[str], read: list[str]) -> Iterator[str]:
    for line in lines:
        read.append(line)
        yield line


FORMAT = CsvFile
