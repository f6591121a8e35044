"""Write, audit, publish: readers see a finished, tested version or the one before it, never anything between."""

from __future__ import annotations

import errno
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from contracts.client_file import Client
from contracts.paths import ClientPaths
from contracts.warning import Kind
from publish import audit, exports, versions
from publish.disk_space import refuse_full_disk
from publish.errors import PublishError
from publish.gate import Build, check_build, refuse_changed_tables
from publish.known_totals import known_total_warnings, raise_if_different
from publish.reconciliation import raise_if_unbalanced, reconcile, record_books
from publish.refund_warnings import refunds_without_order
from publish.table_profile import TableProfile, profile_tables, unsafe_columns
from publish.uncounted_lines import uncounted_lines
from publish.version_file import META_TABLES, attached_files, write_version
from publish.versions import Publication
from storage.durable import sha256_of

# By the sales where there are any: a shop may have subscriptions alone.
LANDED_THROUGH = """
select coalesce(max(logical_date) filter (where dataset in ('orders', 'order_lines')), max(logical_date))
from warehouse.raw.load_ledger
where not is_replaced
"""
PRODUCTS_NOT_FROM_API = """
select origin, count(*) from warehouse.raw.products
where is_current and origin in ('bundled', 'last_answer') group by origin order by origin
"""
QUARANTINED = """
select dataset, sum(rows_quarantined) from warehouse.raw.load_ledger
where not is_replaced and rows_quarantined > 0 group by dataset order by dataset
"""
LOADED = """
select unnest(warnings) from warehouse.raw.load_ledger
where not is_replaced and finished_at > coalesce($since, timestamp '-infinity') order by finished_at
"""
CHANGED_COLUMNS = """
select finding || advice from warehouse.raw.column_changes
where finished_at > coalesce($since, timestamp '-infinity') order by dataset, finished_at, change
"""
ORIGINS = {"bundled": "the bundled catalogue", "last_answer": "the API's last good answer"}


def publish(
    client: Client, paths: ClientPaths, *, run_id: str, now: datetime, code_version: str, manifest: Path
) -> Publication:
    """Publish the warehouse's core and marts as the next version, and keep the last ``client.keep_versions``.

    The caller holds the client's pipeline lock. Until the last step readers see the old file; killed at any moment,
    the next call clears what is left. Raises PublishError when the build is incomplete, untested, older than
    the last load, does not reconcile or holds a column type that readers get wrong, and when the disk is full.
    """
    with _readable_errors(paths):
        versions.clear_unfinished(paths)
        exports.clear_unfinished(paths)
        with _private_folder(paths) as folder:
            built = folder / "version.duckdb"
            version, facts = _build_version(
                client, paths, built, run_id=run_id, now=now, code_version=code_version, manifest=manifest
            )
            with exports.exported(client.exports, paths, built, version, facts):
                versions.add(paths, built, version)
        versions.drop_old(paths, version, client.keep_versions)
        exports.drop_old(paths, version.number, version.previous)
    return version


def rollback(client: Client, paths: ClientPaths) -> Publication:
    """Put back what readers saw before the current version, and return it; the next publish moves forward again.

    When the published file is missing or altered, the newest kept version is put back instead. The caller holds
    the client's pipeline lock. Raises PublishError when no such version is kept.
    """
    with _readable_errors(paths):
        versions.clear_unfinished(paths)
        exports.clear_unfinished(paths)
        kept = {version.number: version for version in versions.kept_versions(paths)}
        current = versions.current_version(paths)
        wanted = current.previous if current else max(kept, default=None)
        if wanted not in kept:
            seen = f"version {current.number} is the oldest of {len(kept)} kept" if current else "no version is kept"
            raise PublishError(
                f"{seen} in {versions.versions_folder(paths)}",
                expected="an earlier version to put back",
                next_step="Publish a corrected build with `sales publish`.",
            )
        version = kept[wanted]
        with exports.exported(client.exports, paths, versions.version_file(paths, version.number), version):
            versions.switch_to(paths, version)
        exports.drop_old(paths, version.number, current.number if current else None)
    return version


def _build_version(
    client: Client,
    paths: ClientPaths,
    building: Path,
    *,
    run_id: str,
    now: datetime,
    code_version: str,
    manifest: Path,
) -> tuple[Publication, dict[str, TableProfile]]:
    kept = versions.kept_versions(paths)
    before = versions.claimed_version(paths) or (kept[-1] if kept else None)
    with attached_files(paths.warehouse, paths.build, building.with_name("spill")) as connection:
        build = check_build(connection, manifest)
        refuse_full_disk(client, paths, building.parent)
        facts = profile_tables(connection, "build", build.tables)
        _refuse_unsafe(facts)
        refuse_changed_tables(connection, facts)
        books = reconcile(connection, client)
        version = Publication(
            number=kept[-1].number + 1 if kept else 1,
            previous=before.number if before else None,
            client=client.client,
            run_id=run_id,
            data_through=_data_through(connection),
            published_at=now,
            code_version=code_version,
            row_counts={table: fact.row_count for table, fact in facts.items()},
            tests_passed=build.tests_passed,
            tests_warned=build.tests_warned,
            warnings=(*_warnings(connection, build, before), *known_total_warnings(books.known_totals)),
            data_fingerprint=_fingerprint(facts),
        )
        if not books.faults() and not any(total.stops for total in books.known_totals):
            books = write_version(
                connection,
                paths.build,
                building,
                client=client,
                version=version,
                facts=facts,
                books=books,
                manifest=manifest,
            )
    record_books(paths.warehouse, books, run_id=run_id, now=now)
    raise_if_unbalanced(books)
    raise_if_different(client, books.known_totals)
    _audit(building, paths.build, facts)
    return replace(version, bytes=building.stat().st_size, sha256=sha256_of(building)), facts


def _audit(building: Path, build: Path, expected: dict[str, TableProfile]) -> None:
    """Read the new file in a fresh process: what is not the build's, byte for byte, is what was measured there."""
    finished = subprocess.run(  # noqa: S603 our own module, no shell
        [sys.executable, "-m", "publish.audit", str(building), str(build)], capture_output=True, text=True, check=False
    )
    problems = []
    if finished.returncode:
        problems = [f"a fresh process could not read it: {finished.stderr.strip().splitlines()[-1]}"]
    else:
        found = audit.parse(finished.stdout)
        meta = {table: found.tables.pop(table) for table in META_TABLES if table in found.tables}
        problems = [
            f"{table} {difference}"
            for table in sorted((expected.keys() | found.tables.keys()) - set(found.copied))
            if (difference := _difference(found.tables.get(table), expected.get(table)))
        ]
        problems += [f"{table} does not belong there" for table in sorted({*found.copied} - expected.keys())]
        problems += [f"{name} is not a table" for name in found.not_tables]
        problems += [f"{table} is missing" for table in META_TABLES if table not in meta]
        problems += unsafe_columns(meta)
        if found.storage_version != audit.STORAGE_V1:
            problems.append(f"its storage version is {found.storage_version}, not {audit.STORAGE_V1} (v1.0.0)")
    if building.with_name(f"{building.name}.wal").exists():
        problems.append("a write-ahead log lies beside it")
    if problems:
        raise PublishError(
            f"the new file failed its audit: {'; '.join(problems)}",
            expected="exactly what the build holds",
            next_step="Publish again; if it repeats, check the disk.",
        )


def _difference(found: TableProfile | None, expected: TableProfile | None) -> str | None:
    if found is None or expected is None:
        return "is missing" if found is None else "does not belong there"
    return next(
        (
            f"has {fact} {getattr(found, fact)} where the build has {getattr(expected, fact)}"
            for fact in ("columns", "row_count", "totals", "fingerprint")
            if getattr(found, fact) != getattr(expected, fact)
        ),
        None,
    )


def _refuse_unsafe(facts: dict[str, TableProfile]) -> None:
    if unsafe := unsafe_columns(facts):
        raise PublishError(
            f"Power BI reads these column types wrongly: {', '.join(unsafe)}",
            expected="INTEGER, BIGINT, DOUBLE, DECIMAL(18,s), VARCHAR, DATE, TIMESTAMP or BOOLEAN",
            next_step="Cast the column in its model and run `sales build`.",
        )


def _data_through(connection: duckdb.DuckDBPyConnection) -> date:
    through: date | None = connection.execute(LANDED_THROUGH).fetchall()[0][0]
    if through is None:
        raise PublishError(
            "nothing was loaded",
            expected="at least one delivery in raw.load_ledger",
            next_step="Run `sales extract` and `sales load`.",
        )
    return through


def _warnings(connection: duckdb.DuckDBPyConnection, build: Build, before: Publication | None) -> tuple[str, ...]:
    """What a reader should know of the data, and of the loads since the version before."""
    products = [
        Kind.OLDER_PRODUCTS.warning(f"{count} products come from {ORIGINS[origin]}, not from the API of today")
        for origin, count in connection.execute(PRODUCTS_NOT_FROM_API).fetchall()
    ]
    quarantined = [
        Kind.QUARANTINED_ROWS.warning(f"{count} of {dataset}")
        for dataset, count in connection.execute(QUARANTINED).fetchall()
    ]
    since = before.published_at.astimezone(UTC).replace(tzinfo=None) if before else None
    loaded = [
        text
        for (text,) in connection.execute(LOADED, {"since": since}).fetchall()
        if not text.startswith(Kind.OLDER_PRODUCTS)  # said above, as long as readers see such products
    ]
    changed = [
        Kind.CHANGED_COLUMNS.warning(text)
        for (text,) in connection.execute(CHANGED_COLUMNS, {"since": since}).fetchall()
    ]
    counted = (*uncounted_lines(connection, since), *refunds_without_order(connection, since))
    return (*build.warnings, *products, *quarantined, *loaded, *changed, *counted)


def _fingerprint(facts: dict[str, TableProfile]) -> str:
    text = "\n".join(f"{table} {fact.columns} {fact.fingerprint}" for table, fact in sorted(facts.items()))
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _private_folder(paths: ClientPaths) -> Iterator[Path]:
    """An empty folder beside the warehouse, gone afterwards.

    Not in the published folder, which may be mounted from another machine, where DuckDB's file locks do not hold.
    """
    folder = paths.warehouse.parent / "publishing"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _readable_errors(paths: ClientPaths) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        text = str(error).splitlines()[0]
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in text:
            raise PublishError(
                f"the disk is full ({text})",
                expected=f"room for two more copies of the published tables, and their exports, in {paths.root}",
                next_step="Free space, or lower keep_versions or leave out formats of exports in the client file, and "
                "publish again.",
            ) from error
        if "Could not set lock" in text:
            raise PublishError(
                f"another process writes the warehouse ({text})",
                expected="no load or build at the same time",
                next_step="Let it end and publish again.",
            ) from error
        if not paths.warehouse.exists():
            raise PublishError(
                f"there is no warehouse {paths.warehouse}",
                expected="one that was loaded and built",
                next_step="Run `sales run`, or extract, load, verify and build one by one.",
            ) from error
        raise PublishError(
            f"the files could not be read or written ({text})",
            expected="a readable warehouse and a writable folder for readers",
            next_step=f"Check {paths.warehouse.parent} and {paths.published}; a damaged warehouse is made again from "
            "landing by `sales load --full-refresh`, a damaged build by `sales build --full-refresh`.",
        ) from error
