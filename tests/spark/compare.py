"""Whether the tables that Spark built are those of DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contracts.paths import ClientPaths
from dbt_on_spark.tables import table_folder, table_rows

# What tells how a row came about: a hash, which each engine has its own of.
LINEAGE = "change_number"
TABLES = """
select schema_name, table_name, list(column_name order by column_index) from duckdb_columns()
where database_name = current_database() and schema_name in ('core', 'marts') and column_name <> ?
group by all order by all
"""


def differences(paths: ClientPaths) -> dict[str, str]:
    """The tables of core and marts that differ, with how: in types, or in rows that only one of them has."""
    found = {}
    with duckdb.connect(str(paths.build), read_only=True) as con:
        tables = con.execute(TABLES, [LINEAGE]).fetchall()
        for schema, table, names in tables:
            columns = ", ".join(names)
            if not any(table_folder(paths, schema, table).rglob("*.parquet")):  # in partitions, and there are none
                ((rows,),) = con.execute(f"select count(*) from {schema}.{table}").fetchall()
                found |= {f"{schema}.{table}": f"{rows} rows of DuckDB alone"} if rows else {}
                continue
            queries = (
                f"select {columns} from {schema}.{table}",
                f"select {columns} from ({table_rows(paths, schema, table)})",
            )
            types, others = (
                {name: kind for name, kind, *_ in con.execute(f"describe {query}").fetchall()} for query in queries
            )
            ours, theirs = (
                con.execute(f"select count(*) from (({one}) except all ({other}))").fetchall()[0][0]
                for one, other in (queries, queries[::-1])
            )
            if types != others:
                found[f"{schema}.{table}"] = f"types {sorted(types.items() ^ others.items())}"
            elif ours or theirs:
                found[f"{schema}.{table}"] = f"{ours} rows of DuckDB alone, {theirs} of Spark alone"
    return found


def published_differences(paths: ClientPaths, expected: Path) -> dict[str, int]:
    """The tables of the published file that are not those of a build file, with how many rows differ."""
    found = {}
    with duckdb.connect() as con:
        con.execute(f"attach '{paths.published_file}' as published (read_only)")
        con.execute(f"attach '{expected}' as expected (read_only)")
        con.execute("use expected")
        tables = con.execute(TABLES, [LINEAGE]).fetchall()
        assert len(tables) > 30
        for schema, table, names in tables:
            one, other = (
                f"select {', '.join(names)} from {file}.{schema}.{table}" for file in ("published", "expected")
            )
            both_ways = f"(({one}) except all ({other})) union all (({other}) except all ({one}))"
            ((rows,),) = con.execute(f"select count(*) from ({both_ways})").fetchall()
            found |= {f"{schema}.{table}": rows} if rows else {}
    return found
