"""Whether the tables that Spark built are those of DuckDB."""

from __future__ import annotations

import duckdb

from contracts.paths import ClientPaths
from dbt_on_spark.tables import table_rows

# What tells how a row came about: a hash, which each engine has its own of.
LINEAGE = "change_number"


def differences(paths: ClientPaths) -> dict[str, str]:
    """The tables of core and marts that differ, with how: in types, or in rows that only one of them has."""
    found = {}
    with duckdb.connect(str(paths.build), read_only=True) as con:
        tables = con.execute(
            """select schema_name, table_name, list(column_name order by column_index) from duckdb_columns()
            where schema_name in ('core', 'marts') and column_name <> ? group by all order by all""",
            [LINEAGE],
        ).fetchall()
        for schema, table, names in tables:
            columns = ", ".join(names)
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
