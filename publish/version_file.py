"""A new version's file: the build's tables and what they say of themselves, written from the private warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC
from pathlib import Path

import duckdb

from clients.config import Client
from publish.attach import attach
from publish.measure import TableFacts
from publish.reconciliation import Books, with_published
from publish.versions import Publication

META_TABLES = ("main._meta", "main._meta_deliveries", "main._meta_reconciliation", "main._meta_tables")
MEMORY_LIMIT = "2GB"  # as in dbt's profile; DuckDB's own default takes 80 % of the machine from what else runs there

META = """
create table version._meta (
    version integer, client varchar, shop_name varchar, currency varchar, time_zone varchar, run_id varchar,
    data_through date, published_at timestamp, code_version varchar, tests_passed integer, tests_warned integer,
    tests_failed integer, warnings varchar, data_fingerprint varchar
);
create table version._meta_tables (schema_name varchar, table_name varchar, row_count bigint, fingerprint varchar);
create table version._meta_deliveries (
    dataset varchar, landed bigint, loaded bigint, quarantined bigint, duplicate bigint,
    amount_landed decimal(18, 4), amount_loaded decimal(18, 4)
);
create table version._meta_reconciliation (
    measure varchar, raw decimal(18, 2), core decimal(18, 2), mart decimal(18, 2), published decimal(18, 2)
);
"""


@contextmanager
def attached_warehouse(warehouse: Path, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the private warehouse attached read-only as ``warehouse``."""
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)}) as connection:
        attach(connection, warehouse, "warehouse")
        yield connection


def write_version(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    *,
    client: Client,
    version: Publication,
    facts: dict[str, TableFacts],
    books: Books,
) -> Books:
    """Write a file of storage version v1.0.0 that holds the measured tables of ``warehouse`` and the _meta tables.

    Returns the books with what is in the file. Tables only: a constraint would put its index into every reader's
    copy, and dbt has tested it already.
    """
    attach(connection, target, "version", "storage_version 'v1.0.0'")
    for schema in sorted({table.split(".")[0] for table in facts}):
        connection.execute(f"create schema version.{schema}")
    for table in facts:
        connection.execute(f"create table version.{table} as from warehouse.{table}")
    connection.execute(META)
    connection.execute(
        "insert into version._meta values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        [
            version.number,
            client.client,
            client.name,
            client.currency,
            client.time_zone,
            version.run_id,
            version.data_through,
            version.published_at.astimezone(UTC).replace(tzinfo=None),
            version.code_version,
            version.tests_passed,
            version.tests_warned,
            "\n".join(version.warnings),
            version.data_fingerprint,
        ],
    )
    connection.executemany(
        "insert into version._meta_tables values (?, ?, ?, ?)",
        [[*table.split("."), fact.row_count, fact.fingerprint] for table, fact in facts.items()],
    )
    books = with_published(books, connection)
    connection.executemany(
        "insert into version._meta_deliveries values (?, ?, ?, ?, ?, ?, ?)", [astuple(one) for one in books.deliveries]
    )
    connection.executemany(
        "insert into version._meta_reconciliation values (?, ?, ?, ?, ?)", [astuple(one) for one in books.measures]
    )
    connection.execute("checkpoint version")
    connection.execute("detach version")
    return books
