"""The file of core and marts that dbt builds: whether it goes with the warehouse, and when it is made from nothing."""

from __future__ import annotations

import duckdb

from contracts.paths import ClientPaths
from publish.attach import attach

DUCKDB = "duckdb"
# The same as in dbt's macro refuse_other_build.
IS_OF_LAST_RUN = """
select
    (select max(invocation_id) from build.main.built_by)
    = (select arg_max(invocation_id, invocation_number) from warehouse.audit.dbt_invocations)
"""


def is_of_last_run(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the attached ``build`` was written by the last run of dbt that the attached ``warehouse`` knows of."""
    try:
        return bool(connection.execute(IS_OF_LAST_RUN).fetchall()[0][0])
    except duckdb.CatalogException:
        return False


def _engine_of(connection: duckdb.DuckDBPyConnection) -> str:
    """What computed the tables of the attached ``build``."""
    try:
        return str(connection.execute("select max(engine) from build.main.built_by").fetchall()[0][0])
    except duckdb.BinderException:  # of before there were two
        return DUCKDB
    except duckdb.CatalogException:  # dbt was stopped at once
        return ""


def start_build(paths: ClientPaths, engine: str, *, full_refresh: bool) -> None:
    """Before dbt: remove the build file unless dbt may go on from it, so that everything is built in a new one.

    A new file, because DuckDB keeps the blocks of what was deleted. What another engine built is none to go on from,
    as each knows changed days by hashes of its own. Readers have the published file meanwhile; killed
    or failed, the next build starts from what is there. A file that another process writes stays: dbt names it.
    """
    if not paths.build.exists():
        return
    try:
        with duckdb.connect() as connection:
            attach(connection, paths.build, "build")
            attach(connection, paths.warehouse, "warehouse")
            if not full_refresh and engine == DUCKDB == _engine_of(connection) and is_of_last_run(connection):
                return
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            return
    paths.build.with_name(f"{paths.build.name}.wal").unlink(missing_ok=True)
    paths.build.unlink(missing_ok=True)
