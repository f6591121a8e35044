"""Every published table as Parquet and CSV, facts by month, for readers that open no database.

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
from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb

from contracts.client_file import Exports
from contracts.paths import ClientPaths
from publish.attach import attach
from publish.export_files import earlier_files, export_table
from publish.table_profile import TableProfile, profile_tables
from publish.version_file import MEMORY_LIMIT
from publish.versions import Publication, current_version, kept_versions
from storage.durable import sync, write_text

MANIFEST = "manifest.json"

logger = logging.getLogger(__name__)


def current_manifest(paths: ClientPaths) -> Path:
    """The file that says which exports to read."""
    return paths.exports / "current.json"


@contextmanager
def exported(
    settings: Exports,
    paths: ClientPaths,
    source: Path,
    version: Publication,
    facts: dict[str, TableProfile] | None = None,
) -> Iterator[None]:
    """Write the version's files from its database file, let the block publish that, then let readers follow.

    ``facts`` is what was measured of its tables; without it they are measured when files are written.
    Unless readers see the version after the block, nothing of its files stays. Killed in between, or before readers
    follow, the files of the version before stay the current ones, whole.
    """
    folder = _folder(paths, version.number)
    is_new = bool(settings.formats) and not folder.exists()
    try:
        if is_new:
            _write(settings, paths, source, version, facts)
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


def _write(
    settings: Exports, paths: ClientPaths, source: Path, version: Publication, facts: dict[str, TableProfile] | None
) -> None:
    folder = _folder(paths, version.number)
    unfinished = folder.with_name(f".{folder.name}")
    earlier = earlier_files(sorted(paths.exports.glob(f"[0-9]*/{MANIFEST}")))
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        attach(connection, source, "published")
        facts = facts or profile_tables(connection, "published", version.row_counts)
        files = [
            file
            for table, fact in facts.items()
            for file in export_table(connection, settings, table, fact, unfinished, version.number, earlier)
        ]
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
    for below in {path.parent for path in unfinished.rglob("*.*")}:
        sync(below)
    unfinished.rename(folder)
    sync(folder.parent)


def _iso(value: date) -> str:
    return value.isoformat()
