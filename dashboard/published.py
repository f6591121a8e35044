"""The published file as a page reads it: one version, opened read-only and let go when the page is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

Row = dict[str, Any]
Rows = list[Row]

MEMORY_LIMIT = "2GB"
META = """
select
    version, client, shop_name, currency, time_zone, run_id, data_through, published_at, code_version,
    tests_passed, tests_warned, warnings, data_fingerprint
from _meta
"""


class NothingPublishedError(Exception):
    """There is no published file yet; the message says which was expected and how to make it."""


@dataclass(frozen=True)
class Version:
    """What the file says of itself; ``published_at`` is in UTC."""

    version: int
    client: str
    shop_name: str
    currency: str
    time_zone: str
    run_id: str
    data_through: date
    published_at: datetime
    code_version: str
    tests_passed: int
    tests_warned: int
    warnings: str
    data_fingerprint: str


class Published:
    """One version of the published file; ``rows`` answers from it alone, also after a newer one replaced it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.version = Version(**_fetch(connection, META, ())[0])

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> Rows:
        """The answer as dictionaries. Remembered by version and question, as a version never changes."""
        return _answer(self._connection, self.version, query, tuple(parameters))

    def row(self, query: str, parameters: Sequence[Any] = ()) -> Row:
        """The one row of an answer."""
        (row,) = self.rows(query, parameters)
        return row


@contextmanager
def open_published(file: Path) -> Iterator[Published]:
    """Open the file for the length of a page; raises NothingPublishedError where there is none.

    Attached to a database of the page's own: DuckDB hands two connections of one process the same open file, so with
    ``connect(file)`` a page that is being drawn would keep the next one from seeing a new version.
    """
    if not file.is_file():
        raise NothingPublishedError(
            f"there is no {file}; expected a published version. Run `make run` (or `sales run`) first: "
            "the page then fills by itself."
        )
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        quoted = str(file).replace("'", "''")
        connection.execute(f"attach '{quoted}' as published (read_only)")
        connection.execute("use published")
        yield Published(connection)


def _fetch(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any]) -> Rows:
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


@st.cache_data(max_entries=1_000, show_spinner=False)
def _answer(_connection: duckdb.DuckDBPyConnection, version: Version, query: str, parameters: tuple[Any, ...]) -> Rows:  # noqa: ARG001
    """The leading underscore keeps the connection out of the key; the version is there to be in it."""
    return _fetch(_connection, query, parameters)
