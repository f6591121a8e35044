"""The published file as a page reads it: one version for the length of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from serve.published import VersionDetails, reading, version_of

Row = dict[str, Any]
Rows = list[Row]

MEMORY_LIMIT = "2GB"


class Published:
    """One version of the published file; ``rows`` answers from it alone, also after a newer one replaced it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.version = version_of(connection, VersionDetails)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> Rows:
        """The answer as dictionaries. Remembered by version and question, as a version never changes."""
        return _answer(self._connection, self.version, query, tuple(parameters))

    def row(self, query: str, parameters: Sequence[Any] = ()) -> Row:
        """The one row of an answer."""
        (row,) = self.rows(query, parameters)
        return row


@contextmanager
def open_published(file: Path) -> Iterator[Published]:
    """Open the file for the length of a page; raises NotPublishedError where there is none."""
    with reading(file, {"memory_limit": MEMORY_LIMIT}) as connection:
        yield Published(connection)


@st.cache_data(max_entries=1_000, show_spinner=False)
def _answer(
    _connection: duckdb.DuckDBPyConnection,
    version: VersionDetails,  # noqa: ARG001 to be in the key, from which the leading underscore keeps the connection
    query: str,
    parameters: tuple[Any, ...],
) -> Rows:
    cursor = _connection.execute(query, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
