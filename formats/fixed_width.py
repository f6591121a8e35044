"""Lines whose fields stand at fixed places; a record is known by its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from contracts.data_file import Change, FormatError, Place, Query, Relation, Texts, text_of
from formats._text import BLANKS, TextFile, line_end

ROWS = 50_000  # in a batch


@dataclass(frozen=True)
class FixedWidthFile(TextFile):
    """A file without delimiters: `fields` of the layout says at which characters each column stands."""

    @property
    def places(self) -> dict[str, tuple[int, int]]:
        """Each field with the place of its first character, from 0, and the one after its last."""
        return self.layout.field_places

    def check(self) -> int:
        """Lines that are not blank, below those that `header_line` counts."""
        self.check_text()
        self.require_columns(self.places, "Correct columns: or fields: there.")
        count, last = 0, "\n"
        with self.text() as stream:
            for count, (_, last) in enumerate(self._lines(stream), 1):  # noqa: B007 the last number is the count
                pass
        if self.layout.ends_with_newline and not last.endswith("\n"):
            raise FormatError(
                "is cut off in its last line, which has no line end, so its last value may be half of one. Ask for it "
                "again; where the program that writes it never ends the last line, say ends_with_newline: false in the "
                "client file."
            )
        return count

    def count(self) -> int:
        """The same, of what is no text, too."""
        with self.text_again() as stream:
            return sum(bool(line.strip(BLANKS)) for line in islice(stream, self.layout.header_line or 0, None))

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 all is text
        """Lines that nobody changes keep their bytes."""
        changed = 0
        with self.text() as stream, self.writer(target) as out:
            for number, line in enumerate(stream, 1):
                is_record = number > (self.layout.header_line or 0) and line.strip(BLANKS)
                new = change(number, self._record(line)) if is_record else None
                changed += new is not None
                out.write(line if new is None else self._line(number, line, new))
        return changed

    def relation(self, query: Query, spare: Path) -> Relation:  # noqa: ARG002 it needs no copy and asks nothing
        """Read here, as DuckDB has no reader of it."""
        end = max(end for _, end in self.places.values())
        return Relation(
            rows="select * from batches",
            places=lambda: {name: Place(f"field_{at}") for at, name in enumerate(self.places)},
            identity="record",
            record="record",
            line="line",
            problem=f"case when length(rtrim(record)) > {end} then 'the line has ' || length(rtrim(record)) || "
            f"' characters, and fields: ends at {end}; expected all that it says in one of fields:' end",
            batches=pa.RecordBatchReader.from_batches(self._schema, self._batches()),
        )

    @property
    def _schema(self) -> pa.Schema:
        texts = [pa.field(name, pa.string()) for name in ("record", *(f"field_{at}" for at in range(len(self.places))))]
        return pa.schema([pa.field("line", pa.int64()), *texts])

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with self.text() as stream:
            lines = self._lines(stream)
            while some := [(number, line.rstrip("\r\n")) for number, line in islice(lines, ROWS)]:
                fields = [[line[first:end].strip() for _, line in some] for first, end in self.places.values()]
                columns = [[number for number, _ in some], [line for _, line in some], *fields]
                yield pa.record_batch(columns, schema=self._schema)

    def _lines(self, stream: Any) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(stream, 1):
            if number > (self.layout.header_line or 0) and line.strip(BLANKS):
                yield number, line

    def _record(self, line: str) -> dict[str, str]:
        return {name: line.rstrip("\r\n")[first:end].strip() for name, (first, end) in self.places.items()}

    def _line(self, number: int, line: str, new: Any) -> str:
        """The line with other values in its fields."""
        if not isinstance(new, dict) or new.keys() - self.places.keys():
            raise FormatError(f"line {number} is a {type(new).__name__}; expected some of {', '.join(self.places)}")
        old, ending = self._record(line), line_end(line)
        text = line.removesuffix(ending)
        for name, value in new.items():
            first, end = self.places[name]
            if text_of(value) == old[name]:
                continue
            if len(text_of(value)) > end - first:
                raise FormatError(
                    f"line {number} would have {len(text_of(value))} characters as {name}, which has "
                    f"{end - first} characters"
                )
            text = f"{text.ljust(first)[:first]}{text_of(value).ljust(end - first)}{text[end:]}"
        return text + ending


FORMAT = FixedWidthFile
