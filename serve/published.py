"""The one way to read the published file: one version, opened read-only and let go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

Config = dict[str, str | bool | int | float | list[str]]


class NotPublishedError(Exception):
    """There is no published file yet; the message says which was expected and how to make it."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"there is no {file}; expected a published version. Next: sales run or make run")


@dataclass(frozen=True)
class Version:
    """Which publication was read; ``published_at`` is in UTC."""

    version: int
    client: str
    shop_name: str
    currency: str
    time_zone: str
    run_id: str
    data_through: date
    published_at: datetime


@dataclass(frozen=True)
class VersionDetails(Version):
    """A publication with what it says of its making."""

    code_version: str
    tests_passed: int
    tests_warned: int
    warnings: tuple[str, ...]
    data_fingerprint: str


Known = TypeVar("Known", bound=Version)


@contextmanager
def reading(file: Path, config: Config | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose current catalog is the published file, called ``published``. Raises NotPublishedError.

    Attached to a database of its own: DuckDB hands two connections of one process the same open file, so with
    ``connect(file)`` a reader at work would keep the next one from seeing a new version.
    """
    if not file.is_file():
        raise NotPublishedError(file)
    with duckdb.connect(config=config or {}) as connection:
        quoted = str(file).replace("'", "''")
        connection.execute(f"attach '{quoted}' as published (read_only)")
        connection.execute("use published")
        yield connection


def version_of(connection: duckdb.DuckDBPyConnection, kind: type[Known]) -> Known:
    """The publication that is being read."""
    names = [field.name for field in fields(kind)]
    (row,) = connection.execute(f"select {', '.join(names)} from published.main._meta").fetchall()
    said = dict(zip(names, row, strict=True))
    said["published_at"] = said["published_at"].replace(tzinfo=UTC)
    if "warnings" in said:
        said["warnings"] = tuple(said["warnings"].splitlines())
    return kind(**said)


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The answer as dictionaries."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
