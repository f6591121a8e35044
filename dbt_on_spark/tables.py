"""The tables that Spark builds, read as what they are: folders of Parquet files."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from contracts.paths import ClientPaths


def table_folder(paths: ClientPaths, schema: str, table: str) -> Path:
    """Where Spark keeps a table; below it, of one that is built by increments, a folder for each partition."""
    return paths.spark / "tables" / f"{schema}.db" / table


def table_rows(paths: ClientPaths, schema: str, table: str) -> str:
    """SQL of DuckDB for the rows of a table. Of none Spark writes a file, too, but not for a table in partitions."""
    folder = table_folder(paths, schema, table)
    partition = next((path.name.partition("=")[0] for path in folder.glob("*=*")), None)
    kind = "date" if partition and partition.endswith("_date") else "varchar"
    types = f"hive_types = {{'{partition}': '{kind}'}}, " if partition else ""
    files = str(folder / "**" / "*.parquet").replace("'", "''")
    return f"select * from read_parquet('{files}', {types}hive_partitioning = {str(bool(partition)).lower()})"


def remove_unfinished(paths: ClientPaths, known: Collection[str]) -> None:
    """Remove what a killed run left: tables, as ``schema.table``, that the catalog does not know, and half a write.

    Spark would refuse to make the one again, and DuckDB would read the other.
    """
    tables = paths.spark / "tables"
    for folder in tables.glob("*.db/*"):
        if f"{folder.parent.stem}.{folder.name}" not in known:
            shutil.rmtree(folder)
    for unfinished in (*tables.glob("*.db/*/.spark-staging-*"), *tables.glob("*.db/*/_temporary")):
        shutil.rmtree(unfinished)
