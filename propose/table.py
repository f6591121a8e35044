"""A file of a stranger: how it is read, as far as it can be told, and its values to ask about."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from contracts.data_file import FormatError, Place, data_file, formats
from contracts.layout import Layout
from contracts.sql_text import literal
from formats.csv import CsvFile
from propose.errors import ProposeError

ENDINGS = {"csv": "csv", "tsv": "csv", "txt": "csv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl"}
ENDINGS |= {"xlsx": "excel", "xls": "excel", "parquet": "parquet"}
DELIMITERS = (",", ";", "\t", "|")
MEMORY = "600MB"


@dataclass(frozen=True)
class Table:
    """One file that can be read: by which settings, and the columns that it has."""

    path: Path
    reading: Mapping[str, Any]
    """What its source block says of how it is read, beside its columns."""
    header: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Values:
    """The values of a table, in a database of their own."""

    con: duckdb.DuckDBPyConnection
    places: Mapping[str, Place]

    def text(self, column: str) -> str:
        """SQL for a column as text without outer blanks; null where it is empty."""
        return f"nullif(trim(cast({self.places[column].text} as varchar)), '')"

    def is_text(self, column: str) -> bool:
        """Whether the file has it as text, so that it is open how it is written."""
        return self.places[column].sql_type == "VARCHAR"

    def one(self, expression: str, more: str = "") -> Any:
        """The value of an expression over all rows."""
        row = self.con.execute(f"select {expression} from landed {more}").fetchone()
        return row[0] if row else None

    def share(self, column: str, condition: str) -> float:
        """Of the values that are not empty, how many hold for a condition over ``t``; 0 where there are none."""
        asked = f"select avg(cast(coalesce({condition}, false) as double)) from (select {self.text(column)} as t from "
        row = self.con.execute(f"{asked} landed) where t is not null").fetchone()
        return float(row[0]) if row and row[0] is not None else 0.0

    def example(self, column: str, condition: str) -> str | None:
        """The first value that holds for a condition over ``t``."""
        row = self.con.execute(
            f"select t from (select {self.text(column)} as t from landed) where t is not null and {condition} limit 1"
        ).fetchone()
        return str(row[0]) if row else None


def found_files(paths: list[Path]) -> list[Path]:
    """The files named, and those in the folders named; raises ProposeError where there are none."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        elif path.is_file():
            files.append(path)
        else:
            raise ProposeError(f"{path} is not there; expected a file or a folder of files.")
    if not files:
        raise ProposeError(f"{', '.join(map(str, paths))} holds no file; expected the exports of a shop.")
    return [path.absolute() for path in files]


def read_table(path: Path) -> Table:
    """How the file can be read; raises ProposeError, which names the file, when it cannot."""
    ending = next((part for part in reversed(path.name.lower().split(".")) if part in ENDINGS), "csv")
    first = ENDINGS[ending]
    problem: FormatError | None = None
    # Where the fields of lines without delimiters stand, only a person knows.
    for form in (first, *(form for form in formats() if form not in (first, "fixed_width"))):
        try:
            return _read_as(path, form)
        except FormatError as error:
            problem = problem or error
    raise ProposeError(f"{path} {problem}")


def _read_as(path: Path, form: str) -> Table:
    problem: FormatError | None = None
    for how in _ways(path, form):
        reading = {"format": form, **how}
        try:
            file = data_file(path, Layout(columns={}, **reading))
            rows = file.check()
        except FormatError as error:
            problem = problem or error
            continue
        if not rows:
            problem = problem or FormatError("has no rows; expected some to look at. Ask for it again.")
            continue
        with opened(Table(path, reading, (), rows)) as values:
            header = tuple(values.places)
        if len(header) > 1:
            return Table(path, reading, header, rows)
        problem = problem or FormatError(f"has the one column {', '.join(header)!r}. Ask for a table.")
    raise problem or FormatError("cannot be read.")


def _ways(path: Path, form: str) -> Iterator[dict[str, Any]]:
    """The settings to try, the likeliest first."""
    if form != "csv":
        yield {}
        return
    ends = {} if _ends_with_newline(path) else {"ends_with_newline": False}
    for encoding in (None, "cp1252", "utf-16-le", "utf-16-be"):
        yield {**({"encoding": encoding} if encoding else {}), **_shape(_first_lines(path, encoding)), **ends}


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 2))
        last = stream.read()
    return b"\n" in last or b"\r" in last or path.suffix in (".gz", ".zip")


def _first_lines(path: Path, encoding: str | None) -> list[str]:
    """Some lines of a text; none where it cannot be read as one."""
    try:
        with CsvFile(path, Layout(format="csv", columns={}, encoding=encoding)).text() as stream:
            return list(islice(stream, 30))
    except (UnicodeError, FormatError):
        return []


def _shape(lines: list[str]) -> dict[str, Any]:
    """The delimiter that cuts most lines into as many fields, and the line of the header where a title stands above."""
    if not lines or lines[0].lower().startswith("sep="):
        return {}
    widths = {one: [_width(line, one) for line in lines] for one in DELIMITERS}
    usual = {one: Counter(filter(None, found)).most_common(1)[0][0] for one, found in widths.items()}
    delimiter = max(DELIMITERS, key=lambda one: usual[one])
    said: dict[str, Any] = {} if delimiter == "," else {"delimiter": delimiter}
    first = next(number for number, width in enumerate(widths[delimiter], 1) if width)
    header = next(number for number, width in enumerate(widths[delimiter], 1) if width == usual[delimiter])
    return said if header == first else {**said, "header_line": header}


def _width(line: str, delimiter: str) -> int:
    """How many fields a line has; 0 where it is empty."""
    try:
        return len(next(csv.reader([line.strip("\r\n")], delimiter=delimiter), []))
    except csv.Error:
        return 0


@contextmanager
def opened(table: Table) -> Iterator[Values]:
    """The table as ``landed`` in a database; raises FormatError when it cannot be read to its end."""
    with TemporaryDirectory(prefix="sales-new-") as folder, duckdb.connect() as con:
        con.execute(f"set memory_limit = {literal(MEMORY)}; set temp_directory = {literal(folder)}")
        file = data_file(table.path, Layout(columns={}, **table.reading))
        relation = file.relation(lambda sql: con.execute(sql).fetchall(), Path(folder) / "copy")
        if relation.batches is not None:
            con.register("batches", relation.batches)
        try:
            con.execute(f"create temp table landed as {relation.rows}")
        except duckdb.Error as error:
            raise FormatError(f"cannot be read as {table.reading['format']}: {str(error).splitlines()[0]}") from error
        yield Values(con, relation.places())
