"""Pages of the published file's tables, each read from one version.

Nothing is computed here: a page is rows of a table as they were published.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from serve import published
from serve.published import Config, Version, version_of

OPERATORS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
FILTER = rf"^[^:]+:({'|'.join(OPERATORS)}):"  # column:operator:value
CURSOR = "_row"
SETTINGS: Config = {"memory_limit": "512MB", "threads": 2}  # what a request may use of the machine is bounded


class UnknownTableError(Exception):
    """The published version has no such table."""


class BadRequestError(Exception):
    """A parameter cannot be answered; ``parameter`` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class VersionGoneError(Exception):
    """Another version was published since the first page."""


class TooSlowError(Exception):
    """The query was stopped at its time limit."""


@dataclass(frozen=True)
class Column:
    """A column, its DuckDB type and what it says."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """A published table: ``name`` is schema.table, ``description`` what a row is."""

    name: str
    description: str
    rows: int
    columns: list[Column]


@dataclass(frozen=True)
class Filter:
    """Rows whose ``column`` stands in the relation ``operator``, one of OPERATORS, to ``value``."""

    column: str
    operator: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read a text of the form FILTER."""
        return cls(*text.split(":", 2))


@dataclass(frozen=True)
class Page:
    """Some rows of a table in the order they are stored, and where the next ones begin."""

    version: Version
    rows: pa.Table
    next_after: int | None


@contextmanager
def reading(file: Path, seconds: float) -> Iterator[Reader]:
    """Open the published file for one request and stop what takes longer than so many seconds.

    Raises NotPublishedError when it is missing, TooSlowError when it was stopped.
    """
    with published.reading(file, SETTINGS) as connection:
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        timer = threading.Timer(seconds, connection.interrupt)
        timer.start()
        try:
            yield Reader(connection)
        except duckdb.InterruptException as error:
            raise TooSlowError(f"stopped after {seconds:g} s; ask for fewer rows or columns") from error
        finally:
            timer.cancel()


@dataclass(frozen=True)
class Reader:
    """One version of the published file, open for one request."""

    connection: duckdb.DuckDBPyConnection

    def version(self) -> Version:
        """The publication that is being read."""
        return version_of(self.connection, Version)

    def tables(self) -> list[Table]:
        """Every table of core and marts, by name."""
        rows = self.connection.execute("""
            select schema_name || '.' || table_name, coalesce(tables.comment, ''), row_count,
                list([column_name, data_type, coalesce(columns.comment, '')] order by column_index)
            from main._meta_tables
            join duckdb_tables() as tables using (schema_name, table_name)
            join duckdb_columns() as columns using (database_name, schema_name, table_name)
            where database_name = 'published'
            group by all
            order by 1
        """).fetchall()
        return [
            Table(name, description, count, [Column(*column) for column in columns])
            for name, description, count, columns in rows
        ]

    def page(
        self,
        name: str,
        *,
        columns: Sequence[str],
        filters: Sequence[Filter],
        limit: int,
        after: int | None = None,
        version: int | None = None,
    ) -> Page:
        """Up to ``limit`` rows of a table, all columns where none are named, from behind the row ``after``.

        Raises UnknownTableError; BadRequestError for an unknown column or a value not of its column's type;
        VersionGoneError when ``version`` is no longer what is published.
        """
        current = self.version()
        if version not in (None, current.version):
            raise VersionGoneError(
                f"version {version} is no longer published, {current.version} is; begin again with the first page"
            )
        types = self._types(name)
        twice = [column for column, times in Counter(columns).items() if times > 1]
        if twice:
            raise BadRequestError("columns", f"column {twice[0]!r} is asked for twice; expected each once")
        conditions = [self._condition(condition, types) for condition in filters]
        where = " and ".join([f"rowid > {-1 if after is None else after}", *(text for text, _ in conditions)])
        chosen = ", ".join(_quoted(_known(column, types, "columns")) for column in columns or types)
        schema, table = name.split(".")
        rows = self.connection.execute(
            f"select {chosen}, rowid as {CURSOR} from published.{_quoted(schema)}.{_quoted(table)} "
            f"where {where} order by rowid limit {limit + 1}",
            [value for _, value in conditions],
        ).to_arrow_table()
        more = rows.num_rows > limit
        rows = rows.slice(0, limit)
        return Page(
            current, rows.drop_columns([CURSOR]), rows.column(CURSOR)[rows.num_rows - 1].as_py() if more else None
        )

    def _types(self, name: str) -> dict[str, str]:
        table = next((table for table in self.tables() if table.name == name), None)
        if table is None:
            raise UnknownTableError(f"no table {name!r} is published; GET /tables lists them")
        return {column.name: column.type for column in table.columns}

    def _condition(self, condition: Filter, types: dict[str, str]) -> tuple[str, str]:
        column = _known(condition.column, types, "filter")
        typed = f"cast(? as {types[column]})"
        try:
            self.connection.execute(f"select {typed}", [condition.value])
        except duckdb.Error as error:
            raise BadRequestError(
                "filter", f"{condition.value!r} is no value of {column}; expected one of type {types[column]}"
            ) from error
        return f"{_quoted(column)} {OPERATORS[condition.operator]} {typed}", condition.value


def _known(column: str, types: dict[str, str], parameter: str) -> str:
    if column not in types:
        raise BadRequestError(parameter, f"no column {column!r}; expected one of {', '.join(types)}")
    return column


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
