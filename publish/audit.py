"""The audit of a new version, in a fresh process: ``python -m publish.audit <file>`` prints what it finds as JSON.

Fresh, so that nothing the writer still has in memory can hide what is not in the file.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from publish.attach import attach
from publish.measure import TableFacts, measure

# Storage version v1.0.0: the 64-bit number after checksum and magic bytes of the file's header.
STORAGE_V1 = 64
STORAGE_OFFSET = 12


@dataclass(frozen=True)
class FileFacts:
    """What is in a database file: the version of its format, its tables, and whatever else there is in it."""

    storage_version: int
    tables: dict[str, TableFacts]
    not_tables: list[str]


def inspect(path: Path) -> FileFacts:
    """Read the whole file, read-only."""
    with path.open("rb") as stream:
        stream.seek(STORAGE_OFFSET)
        storage_version = int.from_bytes(stream.read(8), "little")
    with duckdb.connect() as connection:
        attach(connection, path, "published")
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'published' order by 1"
        ).fetchall()
        others = connection.execute(
            """
            select schema_name || '.' || view_name from duckdb_views()
            where database_name = 'published' and not internal
            union all
            select schema_name || '.' || index_name from duckdb_indexes() where database_name = 'published'
            union all
            select schema_name || '.' || sequence_name from duckdb_sequences() where database_name = 'published'
            """
        ).fetchall()
        tables = measure(connection, "published", [name for (name,) in names])
    return FileFacts(storage_version, tables, [name for (name,) in others])


def parse(text: str) -> FileFacts:
    """What ``python -m publish.audit`` printed."""
    content = json.loads(text)
    tables = {name: TableFacts(**facts) for name, facts in content["tables"].items()}
    return FileFacts(content["storage_version"], tables, content["not_tables"])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(inspect(Path(sys.argv[1])))))
