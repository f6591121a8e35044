"""Excel: a sheet of a workbook with a header; a record is known by its row, as Excel numbers it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa

from contracts.data_file import Change, DataFile, Place, Query, Relation, Texts
from contracts.sql_text import json_object
from formats._kind import check_start
from formats._packed import packed_as
from formats._table import SEARCHED, changed_fields, check_names, header_found, is_empty, names_of, record_of
from formats._workbook import Row, sheet_rows, shown, type_of, write_again

BATCH = 10_000  # records at a time
TYPED_RECORDS = 10_000  # are asked which types their columns have


@dataclass(frozen=True)
class ExcelFile(DataFile):
    """A sheet of a workbook; a record is a dict by the names of the header, its values as the cells show them."""

    def check(self) -> int:
        """Rows after the header that have something in a cell."""
        check_start(self.path, self.layout.format)
        with self._rows() as rows:
            read = iter(rows)
            line, header, above = self._header(read)
            hint = "Fix the mapping, or ask for a sheet with these columns."
            if not {*self.layout.header} <= {*header}:
                below = [(number, self._texts(row)) for number, row in islice(read, SEARCHED)]
                found = header_found(self.layout, [*above, *below])
                hint = f"They are in line {found}: say header_line: {found} in the client file." if found else hint
            check_names(self.layout, header, line, hint)
            return sum(1 for _ in self._records(read))

    def count(self) -> int:
        """The same, by the values themselves."""
        wanted = (self.layout.header_line or 1) - 1
        with sheet_rows(self.path, self.layout.sheet) as rows:
            full = sum(any(str(value).strip() for value in row) for row in islice(rows, wanted, None))
            return max(full - 1, 0)

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 what is changed becomes text
        """The sheet is written again, the others empty; cells that nobody changes keep their type."""
        changed: list[int] = []
        with self._rows() as rows, packed_as(self.path, target) as out:
            read = iter(rows)
            above = []
            line, header = 0, list[str]()
            for line, row in read:
                above.append(row)
                if self._is_header(line, row):
                    header = names_of(self._texts(row))
                    break
            new = (self._changed(header, number, row, change, changed) for number, row in read)
            write_again(self.path, self.layout.sheet, out, chain(above, new))
        return len(changed)

    def relation(self, query: Query, spare: Path) -> Relation:  # noqa: ARG002 Python reads it
        """Texts as the cells show them, each with the type of its cell beside it."""
        with self._rows() as rows:
            _, header, _ = self._header(iter(rows))
        width = range(len(header))
        types = [Counter[str]() for _ in width]
        texts = {name: f"c{position}" for position, name in enumerate(header) if name}
        names = [*(f"c{position}" for position in width), *(f"t{position}" for position in width)]
        schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names)])
        return Relation(
            rows="select * from batches",
            places=lambda: _places(header, types),
            identity=", ".join(f"c{position}" for position in width),
            record=json_object(texts),
            line="line",
            batches=pa.RecordBatchReader.from_batches(schema, self._batches(schema, types)),
        )

    def _batches(self, schema: pa.Schema, types: Sequence[Counter[str]]) -> Iterator[pa.RecordBatch]:
        seen = 0
        with self._rows() as rows:
            read = iter(rows)
            self._header(read)
            records = self._records(read)
            while batch := list(islice(records, BATCH)):
                found = [[type_of(value) for value in row] for _, row in batch]
                if seen < TYPED_RECORDS:
                    for counter, column in zip(types, zip(*found, strict=True), strict=True):
                        counter.update(filter(None, column))
                seen += len(batch)
                lines = [line for line, _ in batch]
                texts = [self._texts(row) for _, row in batch]
                columns = [lines, *zip(*texts, strict=True), *zip(*found, strict=True)]
                yield pa.RecordBatch.from_arrays(
                    [pa.array(values, one.type) for values, one in zip(columns, schema, strict=True)], schema=schema
                )

    @contextmanager
    def _rows(self) -> Iterator[Iterator[tuple[int, Row]]]:
        with sheet_rows(self.path, self.layout.sheet) as rows:
            yield enumerate(rows, 1)

    def _header(self, rows: Iterator[tuple[int, Row]]) -> tuple[int, list[str], list[tuple[int, list[str]]]]:
        """The line of the header and its names, with the lines above it; the rows go on after it."""
        above: list[tuple[int, list[str]]] = []
        for line, row in rows:
            if self._is_header(line, row):
                return line, names_of(self._texts(row)), above
            above.append((line, self._texts(row)))
        return self.layout.header_line or 1, [], above

    def _is_header(self, line: int, row: Row) -> bool:
        wanted = self.layout.header_line
        return line == wanted if wanted else not is_empty(self._texts(row))

    def _records(self, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
        return ((line, row) for line, row in rows if not is_empty(self._texts(row)))

    def _texts(self, row: Row) -> list[str]:
        form = self._date_format
        return [value if isinstance(value, str) else shown(value, form) for value in row]

    @property
    def _date_format(self) -> str | None:
        """The first that the shop's texts have; a cell that is a date takes part in none of the others."""
        return next((form for form in self.layout.date_formats if "%" in form), None)

    def _changed(self, header: Sequence[str], line: int, row: Row, change: Change, changed: list[int]) -> Row:
        texts = self._texts(row)
        if is_empty(texts):
            return row
        record = record_of(header, texts)
        new = change(line, record)
        if new is None:
            return row
        changed.append(line)
        fields = changed_fields(header, texts, record, new, line)
        return [value if text == field else field for value, text, field in zip(row, texts, fields, strict=False)]


def _places(header: Sequence[str], types: Sequence[Counter[str]]) -> Mapping[str, Place]:
    return {
        name: Place(
            f"c{position}",
            value_type=f"t{position}",
            delivered_type=types[position].most_common(1)[0][0] if types[position] else "",
        )
        for position, name in enumerate(header)
        if name
    }


FORMAT = ExcelFile
