"""The warehouse file: opened by one process at a time, rebuilt beside itself and swapped in."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from clients.paths import ClientPaths
from load.failure import LoadError

logger = logging.getLogger(__name__)

RAW_SCHEMA = Path(__file__).with_name("raw_schema.sql")
MEMORY_LIMIT = "2GB"  # DuckDB spills above it; 10 million items loaded within 4 GiB for the whole process
# At DuckDB's 16 MB every month of a million items was checkpointed by itself, which took half of the load.
CHECKPOINT_AT = "1GB"


def spill_folder(paths: ClientPaths) -> Path:
    """Where DuckDB and the readers keep temporary files: within the client's folder."""
    return paths.warehouse.parent / "spill"


@contextmanager
def open_warehouse(paths: ClientPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the client's warehouse for writing, with the raw schema in it; a missing file is made, without a build.

    Raises LoadError when another process has it open, and when DuckDB finds a fault within the block.
    """
    if not paths.warehouse.exists():
        remove_build(paths)
    con = _connect(paths.warehouse, spill_folder(paths))
    try:
        con.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        yield con
    except duckdb.Error as error:
        raise LoadError(
            f"{paths.warehouse}: {str(error).splitlines()[0]} If the disk is full, make room; if the file is damaged "
            "or of an older version of this program, python load_to_db.py --full-refresh rebuilds it from landing."
        ) from error
    finally:
        con.close()


@contextmanager
def rebuilt_warehouse(paths: ClientPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a new, empty warehouse that takes the place of the old one when the block ends well.

    The old file stays as it is until then and cannot be opened by others meanwhile; a corrupt one is no obstacle. What
    dbt built from the old one goes with it.
    """
    fresh = paths.warehouse.with_name("rebuild.duckdb")
    _remove(fresh)
    old = _opened_or_none(paths)
    try:
        con = _connect(fresh, spill_folder(paths))
        try:
            con.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
            _carry_over(old, con)
            yield con
        finally:
            con.close()
    except BaseException:
        _remove(fresh)
        raise
    finally:
        if old is not None:
            old.close()
    remove_build(paths)
    # A log beside a file that it does not belong to would be replayed into it.
    _log_of(paths.warehouse).unlink(missing_ok=True)
    os.replace(fresh, paths.warehouse)  # noqa: PTH105


def remove_build(paths: ClientPaths) -> None:
    """Remove what dbt built, so that the next build makes a new file: DuckDB keeps the blocks of what is deleted."""
    _remove(paths.build)


def _opened_or_none(paths: ClientPaths) -> duckdb.DuckDBPyConnection | None:
    if not paths.warehouse.exists():
        return None
    try:
        return _connect(paths.warehouse, spill_folder(paths))
    except WarehouseHeldError:
        raise
    except LoadError as error:
        logger.warning("%s It is rebuilt now.", error)
        return None


def _carry_over(old: duckdb.DuckDBPyConnection | None, new: duckdb.DuckDBPyConnection) -> None:
    """Keep what verify compares with: a rebuild from half a landing folder must not pass for a first load."""
    if old is None:
        return
    try:
        rows = old.execute("select * from raw.verified_rows").fetchall()
    except duckdb.Error as error:
        logger.warning("The row counts of earlier runs cannot be read (%s); verify starts anew.", error)
        return
    if rows:
        new.executemany("insert into raw.verified_rows values (?, ?, ?, ?)", rows)


def _connect(file: Path, spill: Path) -> duckdb.DuckDBPyConnection:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        con = duckdb.connect(
            file,
            config={
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": str(spill),
                "autoinstall_known_extensions": "false",
                "wal_autocheckpoint": CHECKPOINT_AT,
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
