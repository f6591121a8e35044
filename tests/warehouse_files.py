"""Both private files of a client under one connection, for tests that look into them or change them."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from contracts.paths import ClientPaths


@contextmanager
def opened(paths: ClientPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which every schema of ``warehouse`` and ``build`` is known by its own name; both are made."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{paths.warehouse}' as warehouse")
        connection.execute(f"attach '{paths.build}' as build (storage_version 'v1.0.0')")
        schemas = connection.execute(
            "select database_name || '.' || schema_name from duckdb_schemas() "
            "where database_name in ('build', 'warehouse') order by database_name"
        ).fetchall()
        path = ",".join(f"{schema}" for (schema,) in schemas)
        connection.execute(f"set search_path = '{path}'")
        yield connection
