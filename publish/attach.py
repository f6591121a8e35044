"""Open database files under a name of our choice."""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection


def attach(connection: DuckDBPyConnection, file: Path, name: str, option: str = "read_only") -> None:
    """Attach a file, read-only unless another option is given; ATTACH takes no parameters, so the path is quoted."""
    quoted = str(file).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {name} ({option})")
