"""What a database file holds: its tables, and whatever else readers have no use for."""

from __future__ import annotations

from collections.abc import Collection

from duckdb import DuckDBPyConnection

TABLES = "select schema_name || '.' || table_name from duckdb_tables() where database_name = ? order by 1"
# In the order in which they can be dropped: a table may not go before its index, nor a sequence before its table.
OTHERS = """
select kind, schema_name || '.' || name as full_name
from (
    select 1 as place, 'view' as kind, schema_name, view_name as name, database_name
    from duckdb_views() where not internal
    union all
    select 2, 'index', schema_name, index_name, database_name from duckdb_indexes()
    union all
    select 3, 'sequence', schema_name, sequence_name, database_name from duckdb_sequences()
    union all
    select distinct 4, if(function_type = 'macro', 'macro', 'macro table'), schema_name, function_name, database_name
    from duckdb_functions() where not internal
    union all
    select 5, 'type', schema_name, type_name, database_name from duckdb_types() where not internal
)
where database_name = ?
order by place, full_name
"""
SCHEMAS = "select schema_name from duckdb_schemas() where database_name = ? and not internal order by 1"


def tables(connection: DuckDBPyConnection, catalog: str) -> list[str]:
    """Every ``schema.table`` of an attached database."""
    return [name for (name,) in connection.execute(TABLES, [catalog]).fetchall()]


def others(connection: DuckDBPyConnection, catalog: str) -> list[tuple[str, str]]:
    """Kind and name of everything that is not a table: views, indexes, sequences, macros and types."""
    return connection.execute(OTHERS, [catalog]).fetchall()


def keep_only(connection: DuckDBPyConnection, catalog: str, kept: Collection[str]) -> None:
    """Drop everything but these tables and the schemas that they are in."""
    schemas = [name for (name,) in connection.execute(SCHEMAS, [catalog]).fetchall()]
    for schema in schemas:
        if schema not in {table.split(".")[0] for table in kept}:
            connection.execute(f'drop schema {catalog}."{schema}" cascade')
    views_and_indexes = [one for one in others(connection, catalog) if one[0] in ("view", "index")]
    unpublished = [("table", table) for table in tables(connection, catalog) if table not in kept]
    for kind, name in [*views_and_indexes, *unpublished]:
        connection.execute(f"drop {kind} {_quoted(catalog, name)}")
    for kind, name in others(connection, catalog):
        connection.execute(f"drop {kind} {_quoted(catalog, name)}")


def _quoted(catalog: str, name: str) -> str:
    schema, _, name = name.partition(".")
    return f'{catalog}."{schema}"."{name}"'
