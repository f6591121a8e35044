"""Every published table as Parquet and CSV, for readers that open no database.

``published/exports/<number>/`` belongs to the version of that number and never changes; ``current.json`` beside it says
which folder to read, and is replaced in one step. Names that begin with a dot are unfinished work of a run that was
killed.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb

from clients.config import Exports
from clients.paths import ClientPaths
from clients.spreadsheet import EXECUTED
from publish.attach import attach
from publish.durable import sync, write_text
from publish.version_file import MEMORY_LIMIT
from publish.versions import READ_ONLY, Publication, current_version, kept_versions, sha256_of

MANIFEST = "manifest.json"
BYTE_ORDER_MARK = "\ufeff"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExportedFile:
    """One table in one format; ``path`` is below the exports folder."""

    table: str
    format: str
    path: str
    rows: int
    bytes: int
    sha256: str


def current_manifest(paths: ClientPaths) -> Path:
    """The file that says which exports to read."""
    return paths.exports / "current.json"


@contextmanager
def exported(settings: Exports, paths: ClientPaths, source: Path, version: Publication) -> Iterator[None]:
    """Write the version's files from its database file, let the block publish that, then let readers follow.

    Unless readers see the version after the block, nothing of its files stays. Killed in between, or before readers
    follow, the files of the version before stay the current ones, whole.
    """
    folder = _folder(paths, version.number)
    is_new = bool(settings.formats) and not folder.exists()
    try:
        if is_new:
            _write(settings, paths, source, version)
        yield
    except BaseException:
        clear_unfinished(paths)
        if current_version(paths) == version:
            _switch(paths, folder)
        elif is_new and folder.exists():
            _remove(folder)
        raise
    _switch(paths, folder)


def drop_old(paths: ClientPaths, *numbers: int | None) -> None:
    """Keep the files of these versions, as long as the versions themselves are kept, and no others."""
    _keep(paths, {version.number for version in kept_versions(paths)} & set(numbers))


def clear_unfinished(paths: ClientPaths) -> None:
    """Remove what killed runs left: names with a dot, and the files of versions that were not published."""
    for path in paths.exports.glob(".*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    _keep(paths, {version.number for version in kept_versions(paths)})


def _folder(paths: ClientPaths, number: int) -> Path:
    return paths.exports / f"{number:06d}"


def _switch(paths: ClientPaths, folder: Path) -> None:
    """Name the folder to readers; where nothing is exported any more, name none."""
    if folder.exists():
        write_text(current_manifest(paths), (folder / MANIFEST).read_text(encoding="utf-8"))
    else:
        current_manifest(paths).unlink(missing_ok=True)


def _keep(paths: ClientPaths, numbers: Collection[int]) -> None:
    folders = {_folder(paths, number) for number in numbers}
    for folder in paths.exports.glob("[0-9]*"):
        if folder not in folders:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Out of sight first, so that nobody finds half of it.

    Windows holds on to what a reader has open, through a mounted folder too; the next publication tries again.
    """
    try:
        shutil.rmtree(folder.rename(folder.with_name(f".{folder.name}")))
    except OSError as error:
        logger.warning("%s could not be removed now (%s); the next publication tries again", folder, error)


def _write(settings: Exports, paths: ClientPaths, source: Path, version: Publication) -> None:
    folder = _folder(paths, version.number)
    unfinished = folder.with_name(f".{folder.name}")
    files = []
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        attach(connection, source, "published")
        for table in version.row_counts:
            for file_format in settings.formats:
                relative = Path(*table.split(".")).with_suffix(f".{file_format}")
                target = unfinished / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                query = _csv_query(connection, table, settings) if file_format == "csv" else f"from published.{table}"
                rows = _copy(connection, query, target, file_format)
                path = (folder.name / relative).as_posix()
                files.append(ExportedFile(table, file_format, path, rows, target.stat().st_size, sha256_of(target)))
    manifest = {
        "version": version.number,
        "client": version.client,
        "run_id": version.run_id,
        "data_through": version.data_through,
        "published_at": version.published_at,
        "data_fingerprint": version.data_fingerprint,
        "files": [asdict(file) for file in files],
    }
    write_text(unfinished / MANIFEST, json.dumps(manifest, default=_iso, indent=1) + "\n")
    for schema in {path.parent for path in unfinished.glob("*/*")}:
        sync(schema)
    unfinished.rename(folder)
    sync(folder.parent)


def _iso(value: date) -> str:
    return value.isoformat()


def _csv_query(connection: duckdb.DuckDBPyConnection, table: str, settings: Exports) -> str:
    """The table with every text that a spreadsheet would execute made one that it shows."""
    cells: list[str] = []
    executed = ", ".join(f"'{sign}'" for sign in EXECUTED)
    for name, data_type, *_ in connection.execute(f"describe published.{table}").fetchall():
        cell = f'"{name}"'
        if data_type == "VARCHAR":
            cell = f"if(left({cell}, 1) in ({executed}), '''' || {cell}, {cell})"
        mark = BYTE_ORDER_MARK if settings.csv_bom and not cells else ""  # the first characters of the file
        cells.append(f'{cell} as "{mark}{name}"')
    return f"select {', '.join(cells)} from published.{table}"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path, file_format: str) -> int:
    quoted = str(target).replace("'", "''")
    rows: int = connection.execute(f"copy ({query}) to '{quoted}' (format {file_format})").fetchall()[0][0]
    target.chmod(READ_ONLY)
    sync(target)
    return rows
