"""The gate in front of publication: what dbt recorded of its runs, against dbt's manifest and the last load.

No clock takes part: runs are numbered in the warehouse (``audit.dbt_invocations``, written by dbt's hooks) and each
carries a fingerprint of the load ledger that it read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import CatalogException, DuckDBPyConnection

from contracts.warning import Kind
from publish import contents
from publish.build_file import is_of_last_run
from publish.errors import PublishError
from publish.table_profile import TableProfile

BUILT = frozenset({"model", "seed", "snapshot"})
PUBLISHED_SCHEMAS = frozenset({"core", "marts"})
SHOWN = 5

# The same text as in dbt's macro begin_invocation.
LEDGER_FINGERPRINT = """
select md5(coalesce(string_agg(delivery_id || ' ' || cast(finished_at as varchar), ',' order by delivery_id), ''))
from warehouse.raw.load_ledger
"""
LATEST_RESULTS = """
select
    results.unique_id, results.status, results.failures, results.message,
    invocations.invocation_number, invocations.ledger_fingerprint
from warehouse.audit.dbt_results as results
inner join warehouse.audit.dbt_invocations as invocations on results.invocation_id = invocations.invocation_id
qualify row_number() over (partition by results.unique_id order by invocations.invocation_number desc) = 1
"""
UNVERIFIED = """
select delivery_id from warehouse.raw.load_ledger where not is_replaced and not is_verified order by delivery_id
"""
LAST_UNFINISHED = """
select coalesce(max(invocation_number), 0) from warehouse.audit.dbt_invocations where not is_finished
"""


@dataclass(frozen=True)
class Build:
    """A complete, tested build: the tables to publish as ``schema.table``, and how its tests ended."""

    tables: tuple[str, ...]
    tests_passed: int
    tests_warned: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Result:
    status: str
    failures: int | None
    message: str | None
    invocation: int
    ledger: str


def check_build(connection: DuckDBPyConnection, manifest: Path) -> Build:
    """The attached ``build``, if by ``warehouse`` every node of the manifest was built and tested in the right order.

    Refuses a node that has no result, did not succeed, was run before the last load, before a run that was
    interrupted, or before something it is made from was built again. A test that only warns passes and is counted.
    Raises PublishError naming the nodes.
    """
    nodes = _nodes(manifest)
    results, ledger, unfinished = _recorded(connection)
    _refuse_unverified(connection)
    problems = [
        f"{node['name']} {problem}"
        for unique_id, node in nodes.items()
        if node["config"]["materialized"] != "ephemeral"
        and (problem := _problem(nodes, unique_id, results, ledger, unfinished))
    ]
    if problems:
        more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise PublishError(
            f"the build is not fit to publish: {', '.join(problems[:SHOWN])}{more}",
            expected="every model and test of dbt's manifest to have succeeded since the last load",
            next_step="Run `sales build`, fix what it names, and publish again.",
        )
    _refuse_other_build(connection, nodes)
    tests = {unique_id: node for unique_id, node in nodes.items() if node["resource_type"] == "test"}
    counts = Counter(results[unique_id].status for unique_id in tests)
    return Build(
        tables=tuple(sorted(_published_tables(nodes))),
        tests_passed=counts["pass"],
        tests_warned=counts["warn"],
        warnings=tuple(
            Kind.TESTS.warning(f"{node['name']}: {results[unique_id].failures} rows")
            for unique_id, node in tests.items()
            if results[unique_id].status == "warn"
        ),
    )


def refuse_changed_tables(connection: DuckDBPyConnection, facts: Mapping[str, TableProfile]) -> None:
    """Raise PublishError naming the tables of the attached ``build`` that are not as dbt left them.

    A build of an older version has not said what it left.
    """
    try:
        rows = connection.execute("select table_name, row_count, content_hash from warehouse.audit.built_tables")
    except CatalogException:
        return
    left = {table: (count, f"{int(content):x}") for table, count, content in rows.fetchall()}
    changed = [table for table, fact in facts.items() if left.get(table) != (fact.row_count, fact.fingerprint)]
    if changed:
        more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        raise PublishError(
            f"{', '.join(sorted(changed)[:SHOWN])}{more} changed after dbt had built and tested them",
            expected="the tables of build.duckdb as dbt left them: what nobody tested is not published",
            next_step="Run `sales build --full-refresh` and publish again; change what figures are made from.",
        )


def _nodes(manifest: Path) -> dict[str, Any]:
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        return {
            unique_id: node for unique_id, node in content["nodes"].items() if node["resource_type"] in BUILT | {"test"}
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublishError(
            f"{manifest} cannot be read ({type(error).__name__}: {error})",
            expected="the manifest that dbt writes",
            next_step="Run `sales build` and publish again.",
        ) from error


def _recorded(connection: DuckDBPyConnection) -> tuple[dict[str, _Result], str, int]:
    try:
        rows = connection.execute(LATEST_RESULTS).fetchall()
        ledger = connection.execute(LEDGER_FINGERPRINT).fetchall()[0][0]
        unfinished = connection.execute(LAST_UNFINISHED).fetchall()[0][0]
        connection.execute("from warehouse.raw.column_changes limit 0")
    except CatalogException as error:
        raise PublishError(
            f"the warehouse was not loaded and built yet, or by an older version ({str(error).splitlines()[0]})",
            expected="raw.load_ledger, raw.column_changes, audit.dbt_results and audit.dbt_invocations",
            next_step="Run `sales load`, `sales verify` and `sales build` first.",
        ) from error
    return {unique_id: _Result(*rest) for unique_id, *rest in rows}, ledger, unfinished


def _refuse_unverified(connection: DuckDBPyConnection) -> None:
    if unverified := [delivery for (delivery,) in connection.execute(UNVERIFIED).fetchall()]:
        raise PublishError(
            f"{len(unverified)} deliveries were loaded and not verified, {unverified[0]} among them",
            expected="`sales verify` to have passed since the last load",
            next_step="Run `sales verify` and publish again.",
        )


def _refuse_other_build(connection: DuckDBPyConnection, nodes: Mapping[str, Any]) -> None:
    missing = set(_published_tables(nodes)) - set(contents.tables(connection, "build"))
    if missing or not is_of_last_run(connection):
        raise PublishError(
            f"the build file has no {', '.join(sorted(missing)[:SHOWN])}"
            if missing
            else "the build file is not what the last run of dbt on this warehouse wrote",
            expected="build.duckdb and warehouse.duckdb as dbt left them, neither of them from a backup",
            next_step="Run `sales build` and publish again.",
        )


def _problem(
    nodes: Mapping[str, Any], unique_id: str, results: Mapping[str, _Result], ledger: str, unfinished: int
) -> str | None:
    result = results.get(unique_id)
    if result is None:
        return "has no result"
    if result.status not in {"success", "pass", "warn"}:
        return f"ended as {result.status}" + (f" ({result.message})" if result.message else "")
    if nodes[unique_id]["resource_type"] != "seed" and result.ledger != ledger:
        return "was run before the last load"
    if result.invocation < unfinished:
        return "was run before a dbt run that did not finish"
    for parent in _parents(nodes, unique_id):
        if parent in results and results[parent].invocation > result.invocation:
            return f"was run before {nodes[parent]['name']} was built again"
    return None


def _parents(nodes: Mapping[str, Any], unique_id: str) -> Iterator[str]:
    """What a node reads, seen through ephemeral models, which have no result of their own."""
    for parent in nodes[unique_id].get("depends_on", {}).get("nodes", []):
        if parent not in nodes:
            continue
        if nodes[parent]["config"]["materialized"] == "ephemeral":
            yield from _parents(nodes, parent)
        else:
            yield parent


def _published_tables(nodes: Mapping[str, Any]) -> Iterator[str]:
    for node in nodes.values():
        if (
            node["resource_type"] in BUILT
            and node["schema"] in PUBLISHED_SCHEMAS
            and node["config"]["materialized"] != "ephemeral"
        ):
            yield f"{node['schema']}.{node['alias']}"
