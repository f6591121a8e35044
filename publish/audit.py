"""The audit of a new version, in a fresh process: ``python -m publish.audit <file> <build>`` prints it as JSON.

Fresh, so that nothing the writer still has in memory can hide what is not in the file.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from publish import contents
from publish.attach import attach
from publish.table_profile import TableProfile, profile_tables

# Storage version v1.0.0: the 64-bit number after checksum and magic bytes of the file's header.
STORAGE_V1 = 64
STORAGE_OFFSET = 12
# A DuckDB file: three headers, then blocks with the numbers that its tables know them by.
HEADERS = 3 * 4096
BLOCK = 262_144
SEGMENTS = """
select
    count(*), sum(hash(columns(*))), bool_and(persistent and not has_updates), list(distinct block_id),
    flatten(list(additional_block_ids))
from pragma_storage_info('{table}')
"""
ROWS = "select count(*), bit_xor(hash(rowid)) from {table}"  # which rows are deleted is in no segment


@dataclass(frozen=True)
class FileFacts:
    """What is in a database file: the version of its format, its tables, and whatever else there is in it.

    ``copied`` are the tables that are the build's, byte for byte; the others were measured.
    """

    storage_version: int
    copied: list[str]
    tables: dict[str, TableProfile]
    not_tables: list[str]


def inspect(path: Path, build: Path) -> FileFacts:
    """Read the whole file, and the build that it was copied from, both read-only."""
    with path.open("rb") as stream:
        stream.seek(STORAGE_OFFSET)
        storage_version = int.from_bytes(stream.read(8), "little")
    other_blocks = _other_blocks(path, build)
    with duckdb.connect() as connection:
        attach(connection, path, "published")
        attach(connection, build, "build")
        tables = contents.tables(connection, "published")
        shared = set(tables) & set(contents.tables(connection, "build"))
        copied = [table for table in tables if table in shared and _is_copied(connection, table, other_blocks)]
        measured = profile_tables(connection, "published", [table for table in tables if table not in copied])
        others = [name for _, name in contents.others(connection, "published")]
    return FileFacts(storage_version, copied, measured, others)


def parse(text: str) -> FileFacts:
    """What ``python -m publish.audit`` printed."""
    content = json.loads(text)
    tables = {name: TableProfile(**facts) for name, facts in content.pop("tables").items()}
    return FileFacts(tables=tables, **content)


def _other_blocks(path: Path, build: Path) -> set[int]:
    """The numbers of the blocks that are not the build's."""
    found = set()
    with path.open("rb") as new, build.open("rb") as old:
        new.seek(HEADERS)
        old.seek(HEADERS)
        number = 0
        while block := new.read(BLOCK):
            if block != old.read(BLOCK):
                found.add(number)
            number += 1
    return found


def _is_copied(connection: duckdb.DuckDBPyConnection, table: str, other_blocks: set[int]) -> bool:
    """Whether the table has the same columns, rows and segments as in the build, in blocks that are the build's."""
    facts = []
    for name in (f"published.{table}", f"build.{table}"):
        *segments, is_on_disk, blocks, more_blocks = connection.execute(SEGMENTS.format(table=name)).fetchall()[0]
        if not is_on_disk or other_blocks & {*blocks, *(more_blocks or [])}:
            return False
        described = connection.execute(f"describe {name}").fetchall()
        facts.append((segments, described, connection.execute(ROWS.format(table=name)).fetchall()))
    return facts[0] == facts[1]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(inspect(Path(sys.argv[1]), Path(sys.argv[2])))))
