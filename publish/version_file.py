"""A new version's file: a copy of the build, with what is published of it and what that says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb

from contracts.client_file import Client
from contracts.sql_text import identifier, literal
from publish.attach import attach
from publish.contents import keep_only
from publish.errors import PublishError
from publish.reconciliation import Reconciliation, insert, with_published
from publish.table_profile import TableProfile
from publish.versions import Publication
from storage import durable

META_TABLES = (
    *("main._meta", "main._meta_deliveries", "main._meta_known_totals", "main._meta_metrics"),
    *("main._meta_reconciliation", "main._meta_source_totals", "main._meta_tables"),
)
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
create table version._meta_known_totals (
    first_date date, last_date date, measure varchar, source varchar, theirs decimal(18, 3), ours decimal(18, 3),
    difference decimal(18, 3), allowed decimal(18, 3), outcome varchar
);
create table version._meta_source_totals (
    compared bigint, equal bigint, rounded bigint, different bigint, source_total decimal(18, 2),
    difference decimal(18, 2), kind varchar
);
create table version._meta_metrics (definitions varchar);
"""


@contextmanager
def attached_files(warehouse: Path, build: Path, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with both private files attached read-only, as ``warehouse`` and ``build``; the build has no log."""
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)}) as connection:
        attach(connection, warehouse, "warehouse")
        if not build.exists():
            raise PublishError(
                f"there is no build {build}",
                expected="the file that dbt builds core and marts in",
                next_step="Run `sales build` and publish again.",
            )
        if build.with_name(f"{build.name}.wal").exists():
            attach(connection, build, "build", "read_write")
            connection.execute("checkpoint build")
            connection.execute("detach build")
        attach(connection, build, "build")
        yield connection


def write_version(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    target: Path,
    *,
    client: Client,
    version: Publication,
    facts: dict[str, TableProfile],
    books: Reconciliation,
    manifest: Path,
) -> Reconciliation:
    """Copy the build and make it the version: the measured tables and the _meta tables, and nothing else.

    Tables and columns have the descriptions of dbt's manifest, and the metrics are those of the one beside it.

    Returns the books with what is in the file.
    """
    durable.copy(source, target)
    attach(connection, target, "version", "read_write")
    keep_only(connection, "version", facts)
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
    books = with_published(books, connection)
    tables = [[*table.split("."), fact.row_count, fact.fingerprint] for table, fact in facts.items()]
    insert(connection, "version._meta_tables", tables)
    for table, lines in (
        ("deliveries", books.deliveries),
        ("reconciliation", books.measures),
        ("known_totals", books.known_totals),
        ("source_totals", books.source_totals),
    ):
        insert(connection, f"version._meta_{table}", [astuple(line) for line in lines])
    _describe(connection, facts, json.loads(manifest.read_text(encoding="utf-8")))
    metrics = manifest.with_name("semantic_manifest.json")
    if metrics.exists():
        insert(connection, "version._meta_metrics", [[over_this_file(metrics.read_text(encoding="utf-8"))]])
    connection.execute("checkpoint version")
    connection.execute("detach version")
    return books


def _describe(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], manifest: Mapping[str, Any]) -> None:
    """Let every table and column say what it is, to whoever opens the file."""
    models = {f"{node['schema']}.{node['name']}": node for node in manifest["nodes"].values() if "columns" in node}
    for table in tables:
        model = models.get(table, {"description": "", "columns": {}})
        connection.execute(f"comment on table version.{table} is {literal(model['description'])}")
        there = {name for name, *_ in connection.execute(f"describe version.{table}").fetchall()}
        for name in there & model["columns"].keys():  # the manifest may be of models that are not built yet
            said = literal(model["columns"][name]["description"])
            connection.execute(f"comment on column version.{table}.{identifier(name)} is {said}")


def over_this_file(definitions: str) -> str:
    """The definitions over tables named by their schema alone, as readers call the file as they like."""
    known = json.loads(definitions)
    for place in (*known["semantic_models"], *known["project_configuration"]["time_spines"]):
        relation = place["node_relation"]
        relation |= {"database": None, "relation_name": f'"{relation["schema_name"]}"."{relation["alias"]}"'}
    return json.dumps(known)
