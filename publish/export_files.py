"""The files of one version's exports: written, or taken over from an earlier version where they would be the same."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.client_file import Exports
from contracts.formula_injection import escape_formula_sql
from publish.errors import PublishError
from publish.table_profile import UNDATED, TableProfile, day_column
from publish.versions import READ_ONLY
from storage.durable import sha256_of, sync

BYTE_ORDER_MARK = "\ufeff"
# To hash all files of ten million order items, 4 GB, takes 3 CPU-s; a thirtieth of them each time 0.1.
READ_WHOLE_EVERY = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExportedFile:
    """One table, or one month of a fact, in one format; ``path`` is below the exports folder.

    ``fingerprint`` is of the data and of how it is written: files of one fingerprint hold the same.
    """

    table: str
    format: str
    month: str | None
    path: str
    rows: int
    bytes: int
    sha256: str
    fingerprint: str


@dataclass(frozen=True)
class EarlierFile:
    """A file of an earlier version, and when the manifest that describes it was written."""

    file: ExportedFile
    at: Path
    described_at: int


def earlier_files(manifests: Iterable[Path]) -> dict[str, EarlierFile]:
    """By fingerprint, what the manifests describe; what an older program wrote has none."""
    found = {}
    for manifest in manifests:
        try:
            entries = json.loads(manifest.read_text(encoding="utf-8"))["files"]
            files = [ExportedFile(**entry) for entry in entries if "fingerprint" in entry]
        except (ValueError, LookupError, TypeError) as error:
            logger.warning("%s is not readable (%s); what it describes is written again", manifest, error)
            continue
        described_at = manifest.stat().st_mtime_ns
        exports = manifest.parent.parent
        found.update({file.fingerprint: EarlierFile(file, exports / file.path, described_at) for file in files})
    return found


def export_table(
    connection: duckdb.DuckDBPyConnection,
    settings: Exports,
    table: str,
    facts: TableProfile,
    folder: Path,
    number: int,
    earlier: dict[str, EarlierFile],
) -> Iterator[ExportedFile]:
    """Every file of a table of the attached ``published``, below the folder; ``number`` is the version's.

    A fact is a file per month of its day, ``undated`` for rows without one; any other table is one file.
    """
    parts: list[tuple[str | None, str]] = [*facts.months.items()] or [(None, facts.fingerprint)]
    for file_format in settings.formats:
        exported_rows = 0
        for month, data in parts:
            columns = _csv_cells(facts.columns, settings) if file_format == "csv" else "*"
            query = f"select {columns} from published.{table} {_of_month(table, facts.columns, month)}"
            written = f"{duckdb.__version__} {file_format} {query} {facts.columns} {data}"
            fingerprint = hashlib.sha256(written.encode()).hexdigest()
            below = Path(*table.split("."), month or "").with_suffix(f".{file_format}")
            target = folder / below
            target.parent.mkdir(parents=True, exist_ok=True)
            taken = earlier.get(fingerprint)
            if taken and _take_over(taken, target, number):
                rows, sha256 = taken.file.rows, taken.file.sha256
            else:
                rows, sha256 = _copy(connection, query, target, file_format), sha256_of(target)
            exported_rows += rows
            path = f"{number:06d}/{below.as_posix()}"
            yield ExportedFile(table, file_format, month, path, rows, target.stat().st_size, sha256, fingerprint)
        if exported_rows != facts.row_count:
            raise PublishError(
                f"{exported_rows} rows of {table} are in its {file_format} files",
                expected=f"the {facts.row_count} of the table",
                next_step="Publish again; if it repeats, leave the format out of exports in the client file.",
            )


def _of_month(table: str, columns: dict[str, str], month: str | None) -> str:
    if month is None:
        return ""
    day = f'"{day_column(table, columns)}"'
    if month == UNDATED:
        return f"where year({day}) is null"
    year, number = month.rsplit("-", 1)
    first = f"make_date({int(year)}, {int(number)}, 1)"
    return f"where {day} >= {first} and {day} < {first} + interval 1 month"


def _csv_cells(columns: dict[str, str], settings: Exports) -> str:
    """The columns with every text that a spreadsheet would execute made one that it shows."""
    cells: list[str] = []
    for name, data_type in columns.items():
        cell = f'"{name}"'
        if data_type == "VARCHAR":
            cell = escape_formula_sql(cell)
        mark = BYTE_ORDER_MARK if settings.csv_bom and not cells else ""  # the first characters of the file
        cells.append(f'{cell} as "{mark}{name}"')
    return ", ".join(cells)


def _take_over(earlier: EarlierFile, target: Path, number: int) -> bool:
    """Make the earlier file the target's too, unless it is not as it was written.

    That is seen by its size, and by its SHA-256 when it was changed after its manifest was written, and else
    once in ``READ_WHOLE_EVERY`` versions, for a disk that went bad.
    """
    file, source = earlier.file, earlier.at
    is_its_turn = int(file.sha256, 16) % READ_WHOLE_EVERY == number % READ_WHOLE_EVERY
    try:
        found = source.stat()
        is_whole = found.st_size == file.bytes
        if is_whole and (is_its_turn or found.st_mtime_ns > earlier.described_at):
            is_whole = sha256_of(source) == file.sha256
    except OSError as error:
        logger.warning("%s could not be read (%s)", source, error)
        is_whole = False
    if is_whole and not _link(source, target):
        shutil.copyfile(source, target)
        is_whole = sha256_of(target) == file.sha256
        _finish(target)
    if not is_whole:
        logger.warning("%s is not as it was written; %s is written again", source, file.table)
        target.unlink(missing_ok=True)
    return is_whole


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links, such as a folder of Windows
        return False
    return True


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path, file_format: str) -> int:
    quoted = str(target).replace("'", "''")
    rows: int = connection.execute(f"copy ({query}) to '{quoted}' (format {file_format})").fetchall()[0][0]
    _finish(target)
    return rows


def _finish(target: Path) -> None:
    target.chmod(READ_ONLY)
    sync(target)
