"""The floor, and whether it made the same tables as the pipeline. Each command runs in a process of its own.

``python -m bench.floor build <client's folder> <target> <time zone>``: the sales tables by one hand-written script.
``python -m bench.floor compare <client's folder> <target>``: fails unless the published file holds the same rows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from contracts.paths import ClientPaths

SCRIPT = Path(__file__).with_name("floor.sql")
# As publish and dbt's profile have them.
OPTIONS = {"storage_compatibility_version": "v1.0.0", "memory_limit": "2GB"}
# Says from which load a row came; the floor loads nothing.
LINEAGE = "change_number"


def build(folder: str, target: str, time_zone: str) -> None:
    """Write orders, returns and daily sales of what a client first landed to a new file."""
    paths = ClientPaths(Path(folder).parent, Path(folder).name)
    with duckdb.connect(target, config={**OPTIONS, "temp_directory": f"{target}.tmp"}) as connection:
        for name, value in (("landing", paths.landing), ("time_zone", time_zone)):
            connection.execute(f"set variable {name} = '{value}'")
        connection.execute(SCRIPT.read_text(encoding="utf-8"))


def compare(folder: str, target: str) -> None:
    """Raise SystemExit naming the first table and its columns in which the two differ."""
    paths = ClientPaths(Path(folder).parent, Path(folder).name)
    with duckdb.connect() as connection:
        for name, file in (("published", paths.published_file), ("floor", target)):
            connection.execute(f"attach '{file}' as {name} (read_only)")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'floor' order by all"
        ).fetchall()
        for (table,) in tables:
            published, floor = (_facts(connection, f"{name}.{table}") for name in ("published", "floor"))
            if different := [name for name in published | floor if published.get(name) != floor.get(name)]:
                raise SystemExit(
                    f"{table} of the floor differs from the published one in {', '.join(different)}; "
                    "expected the same rows. Bring bench/floor.sql up to date with the models."
                )


def _facts(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, tuple[object, ...]]:
    """Each column's type, number of values and sum of hashes; the last entry is of whole rows."""
    types = {name: kind for name, kind, *_ in connection.execute(f"describe {table}").fetchall() if name != LINEAGE}
    sums = ", ".join(f"count({name}), sum(hash({name}))" for name in types)
    values = connection.execute(f"select sum(hash({', '.join(types)})), count(*), {sums} from {table}").fetchall()[0]
    columns = {name: (kind, *values[2 + 2 * place : 4 + 2 * place]) for place, (name, kind) in enumerate(types.items())}
    return {**columns, "its rows": values[:2]}


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "build":
        build(*arguments)
    else:
        compare(*arguments)
