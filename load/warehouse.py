"""The warehouse file: opened by one process at a time; load keeps its views of raw there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import duckdb

from contracts.paths import ClientPaths
from load.errors import LoadError

logger = logging.getLogger(__name__)

# DuckDB spills above it; 10 million items loaded within 4 GiB for the whole process.
_memory: ContextVar[str] = ContextVar("memory", default="2GB")


@contextmanager
def memory_limit(limit: str) -> Iterator[None]:
    """Have DuckDB take no more than that for what is opened in the block."""
    token = _memory.set(limit)
    try:
        yield
    finally:
        _memory.reset(token)


def spill_folder(paths: ClientPaths) -> Path:
    """Where DuckDB and the readers keep temporary files: within the client's folder."""
    return paths.warehouse.parent / "spill"


@contextmanager
def open_warehouse(paths: ClientPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the client's warehouse for writing; a missing file is made, without a build.

    Raises LoadError when another process has it open, and when DuckDB finds a fault within the block.
    """
    if not paths.warehouse.exists():
        remove_build(paths)
    con = _connect(paths.warehouse, spill_folder(paths))
    try:
        yield con
    except duckdb.Error as error:
        raise LoadError(
            f"{paths.warehouse}: {str(error).splitlines()[0]} If the disk is full, make room; if the file is damaged "
            "or of an older version of this program, python load_to_db.py --full-refresh rebuilds it from landing."
        ) from error
    finally:
        con.close()


@contextmanager
def scratch(paths: ClientPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the limits of the warehouse, for work that leaves nothing behind."""
    con = _connect(":memory:", spill_folder(paths))
    try:
        yield con
    finally:
        con.close()


def drop_temporary_tables(con: duckdb.DuckDBPyConnection, *, but: str) -> None:
    """Drop every temporary table except one."""
    tables = con.execute("select table_name from duckdb_tables() where temporary").fetchall()
    con.execute("; ".join(f"drop table {table}" for (table,) in tables if table != but))


def has_raw_tables(paths: ClientPaths) -> bool:
    """Whether the file is of the first edition, which kept raw in it: a load that was killed may have left it so."""
    if not paths.warehouse.exists():
        return False
    try:
        with duckdb.connect(paths.warehouse, read_only=True) as con:
            tables = "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'load_ledger'"
            return con.execute(tables).fetchone() is not None
    except duckdb.Error:
        return False  # opening it for writing says what is wrong


def remove_warehouse(paths: ClientPaths) -> None:
    """Delete the file and what dbt built from it: they hold nothing that raw and the models do not make again.

    Raises WarehouseHeldError when another process has it open; a corrupt one is no obstacle.
    """
    if paths.warehouse.exists():
        try:
            _connect(paths.warehouse, spill_folder(paths)).close()
        except WarehouseHeldError:
            raise
        except LoadError as error:
            logger.warning("%s It is made again now.", error)
    remove_build(paths)
    _remove(paths.warehouse)


def remove_build(paths: ClientPaths) -> None:
    """Remove what dbt built, so that the next build makes a new file: DuckDB keeps the blocks of what is deleted."""
    _remove(paths.build)


def _connect(file: Path | str, spill: Path) -> duckdb.DuckDBPyConnection:
    spill.parent.mkdir(parents=True, exist_ok=True)
    try:
        con = duckdb.connect(
            file,
            config={
                "memory_limit": _memory.get(),
                "temp_directory": str(spill),
                "autoinstall_known_extensions": "false",
            },
        )
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise WarehouseHeldError(
                f"{file} is open in another process ({_holder(str(error))}); DuckDB lets one process at a time write "
                "it. Let that process end, or close the program that has the file open, and run the command again."
            ) from error
        raise LoadError(
            f"{file} cannot be opened: {str(error).splitlines()[0]} Expected a DuckDB file. "
            "python load_to_db.py --full-refresh rebuilds it from landing."
        ) from error
    con.execute("set timezone = 'UTC'")
    return con


class WarehouseHeldError(LoadError):
    """Another process has the warehouse open; the message names it."""


def _holder(message: str) -> str:
    _, _, holder = message.partition("Conflicting lock is held in ")
    return holder.split(". See")[0] or message.splitlines()[0]


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    _log_of(file).unlink(missing_ok=True)
