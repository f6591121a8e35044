"""Landing to raw; run by hand: ``python load_to_db.py --help``."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated

import duckdb
import typer

from contracts.client_file import Client, ClientError
from contracts.deliveries import LandingError, Manifest
from contracts.environment import Environment
from contracts.paths import ClientPaths
from contracts.sql_text import literal
from contracts.terminal import log_lines, say
from contracts.warning import Kind, counted
from load.changed_columns import changed_columns
from load.contents import Before, check_held, hold_before
from load.errors import LoadError, findings_of
from load.file_versions import check_versions
from load.id_warnings import questionable_ids
from load.ledger import (
    Loading,
    check_ceiling,
    check_repeats,
    count,
    keep_warnings,
    pending,
    quarantined_rows,
    record,
)
from load.line_warnings import questionable_lines
from load.load_result import LoadedDelivery, LoadResult
from load.look_ups import look_ups_of
from load.normalize import normalize
from load.order_amounts import check_order_values, check_tax_is_said
from load.order_lines import check_line_rules, delivers_refunds, delivers_returns
from load.order_numbers import check_days, check_numbers
from load.raw_tables import BOOKS, Part, RawTables, current, rebuilt, swap_in
from load.raw_views import (
    TABLES,
    counted_deliveries,
    show,
    show_books,
    shown_columns,
    write_part,
)
from load.read_as import check_read_as, is_of_older_layout
from load.validation import DeliveryContext, name_records, read, stage
from load.warehouse import (
    drop_temporary_tables,
    has_raw_tables,
    open_warehouse,
    remove_build,
    remove_warehouse,
    scratch,
    spill_folder,
)
from privacy.pseudonyms import PseudonymKeyError, hmac_pads, key_of
from storage.landing import check_file, deliveries, newest_business_date
from storage.lock import LockHeldError, pipeline_lock

logger = logging.getLogger(__name__)
_PSEUDONYMS = ("pseudonym_inner_pad", "pseudonym_outer_pad", "customer_ids")
_OLDER_LAYOUT = Kind.RAW_MADE_AGAIN.warning(
    "an older version of this program wrote it; all of landing was loaded again"
)


def load(
    client: Client,
    paths: ClientPaths,
    *,
    run_id: str,
    now: datetime,
    full_refresh: bool = False,
    finds_all: bool = False,
) -> LoadResult:
    """Load every delivery in landing that raw does not have; all of a load counts at once, by its lines in the ledger.

    Of each key only the newest attempt counts; it takes the place of the attempt loaded before. ``full_refresh``
    makes raw again from landing and swaps it in, so what dbt built is to be built again. Raises LoadError when a
    delivery cannot be read or has more bad rows than its ceiling: nothing of it is recorded then, and what was loaded
    before it stays. With ``finds_all`` the deliveries after it are read as well, for what is wrong with them, and
    nothing is recorded. Raises LandingError when landing itself is damaged.
    """
    landed = deliveries(paths.landing)
    if not landed:
        raise LoadError(f"{paths.landing} has no delivery; expected at least one. Run the extract steps first.")
    is_older = is_of_older_layout(paths.raw)
    full_refresh = full_refresh or is_older
    is_new = full_refresh or not any(paths.raw.glob("*/_delta_log"))
    tables = rebuilt(paths) if full_refresh else current(paths)
    with scratch(paths) as con:
        before = Before.of(con, current(paths))
        run = _Run(con, client, paths, tables, before, run_id, now, time.monotonic())
        findings = findings_of(partial(check_order_values, client))
        if findings and not finds_all:
            raise LoadError(*findings)
        run.begin()
        loaded, failure = run.load_all(landed, finds_all=finds_all)
    if finds_all and (
        stop := _as_one([*([LoadError(*findings)] if findings else []), *([failure] if failure else [])])
    ):
        raise stop
    if failure and full_refresh:
        raise failure
    if is_new or has_raw_tables(paths):
        shutil.rmtree(paths.root / "lake", ignore_errors=True)  # the first edition's copy of the orders
        _carry_over(paths, tables)
        tables = swap_in(paths, tables)
        remove_warehouse(paths)
    with open_warehouse(paths) as con:
        _describe_client(con, client, paths, newest_business_date(paths.landing, landed))
        show(con, client, tables)
        counted = counted_deliveries(con)
    if failure:
        raise failure
    return LoadResult(loaded, counted_rows(tables, counted), (_OLDER_LAYOUT,) if is_older else ())


@dataclass(frozen=True)
class _Run:
    con: duckdb.DuckDBPyConnection
    client: Client
    paths: ClientPaths
    tables: RawTables
    before: Before
    run_id: str
    now: datetime
    began: float

    def clock(self) -> datetime:
        """The time now as DuckDB keeps it: UTC without an offset."""
        return self.now.astimezone(UTC).replace(tzinfo=None) + timedelta(seconds=time.monotonic() - self.began)

    def begin(self) -> None:
        """Check rules and how raw was read, show the ledger, and delete what does not count: killed and replaced."""
        check_line_rules(self.con, self.client)
        parts = self.tables.parts()
        show_books(self.con, parts)
        self.con.execute("create or replace temp table ledger_lines as from raw.load_ledger")
        counted = counted_deliveries(self.con)
        check_read_as(self.client, self.tables.folder, has_rows=bool(counted))
        rows = [part for table, files in parts.items() if table not in BOOKS for part in files]
        self.tables.remove(part for part in rows if part.delivery_id not in counted)
        self.tables.clear_unfinished(parts)

    def load_all(
        self, landed: Sequence[Manifest], *, finds_all: bool
    ) -> tuple[tuple[LoadedDelivery, ...], Exception | None]:
        """Load what is pending; before a delivery that cannot be loaded, which is returned as its error."""
        loaded, parts, failures = self._read_pending(landed, finds_all=finds_all)
        if loaded:
            try:
                said = self._compare(landed, parts)
            except LoadError as error:
                return (), _as_one([*failures, error] if finds_all else [error])
            loaded = [replace(one, warnings=(*one.warnings, *said.get(one.manifest.delivery_id, ()))) for one in loaded]
            if not (failures and finds_all):
                self._commit(parts, [one.manifest.delivery_id for one in loaded])
        return tuple(loaded), _as_one(failures)

    def _read_pending(
        self, landed: Sequence[Manifest], *, finds_all: bool
    ) -> tuple[list[LoadedDelivery], list[Part], list[Exception]]:
        loaded: list[LoadedDelivery] = []
        parts: list[Part] = []
        failures: list[Exception] = []
        try:
            for manifest in pending(self.con, landed):
                try:
                    delivery, files = self.load_delivery(manifest)
                except (LoadError, LandingError) as error:
                    if not finds_all:
                        raise
                    failures.append(error)
                    drop_temporary_tables(self.con, but="ledger_lines")
                else:
                    loaded.append(delivery)
                    parts += files
        except (LoadError, LandingError) as error:
            failures.append(error)
        return loaded, parts, failures

    def _compare(self, landed: Sequence[Manifest], parts: Collection[Part]) -> dict[str, list[str]]:
        """The warnings of what is in several files, by delivery; raises LoadError where they contradict each other."""
        findings = findings_of(partial(check_numbers, self.con, self.client, landed, self.tables, parts))
        try:
            said = check_versions(self.con, self.client, landed, self.tables, parts)
        except LoadError as error:
            raise LoadError(*findings, *error.args) from error
        if findings:
            raise LoadError(*findings)
        return said

    def _commit(self, parts: Sequence[Part], delivery_ids: Sequence[str]) -> None:
        """Rows first, then the lines of the ledger that make them count."""
        listed = ", ".join(map(literal, delivery_ids))
        lines = f"select * from ledger_lines where delivery_id in ({listed})"
        book = write_part(self.con, self.tables, "load_ledger", self.run_id, lines)
        self.tables.add(parts)
        self.tables.add([book])

    def load_delivery(self, manifest: Manifest) -> tuple[LoadedDelivery, list[Part]]:
        """Read one delivery wholly or not at all; its files count once they are committed."""
        con = self.con
        started_at, started = self.clock(), time.monotonic()
        if not _says_how_to_read(self.client, manifest):
            raise LoadError(
                f"Landing has {manifest.delivery_id}, but the client file has no sources.{manifest.dataset} that says "
                f"how to read it (origin {manifest.origin}). Add it, or remove "
                f"{self.paths.landing / manifest.dataset / manifest.key}."
            )
        path = check_file(self.paths.landing, manifest)
        logger.info("%s: reading %s rows, %s bytes", manifest.delivery_id, f"{manifest.rows:,}", f"{manifest.bytes:,}")
        delivery = DeliveryContext(self.client, manifest, path)
        try:
            spill = spill_folder(self.paths)
            is_held = hold_before(con, delivery, self.before, self.paths.landing, spill)
            landed = read(con, delivery, spill)
            findings = [*landed.findings, *stage(con, delivery, landed)]
            tables = normalize(con, delivery)
            name_records(con, landed)
            counts = count(con, delivery, landed)
            logger.info("%s: checking", manifest.delivery_id)
            checks = [*((check_held,) if is_held else ()), check_tax_is_said, check_repeats, check_days]
            for check in (partial(check_ceiling, delivery, counts), *(partial(one, con, delivery) for one in checks)):
                findings += findings_of(check)
            if findings:
                raise LoadError(*findings)
            loading = Loading(delivery, self.run_id, self.clock())
            record(con, loading, landed, counts, started_at)
            of_file = (kind.warning(f"{manifest.delivery_id}: {text}") for kind, text in landed.warnings)
            found = (*of_file, *questionable_lines(con, delivery, counts), *questionable_ids(con, delivery, landed))
            keep_warnings(con, manifest, [*manifest.warnings, *found])
            warnings = (*(changed_columns(con, delivery) if landed.columns else ()), *found)
            parts = [
                write_part(con, self.tables, table, manifest.delivery_id, loading.rows_of(table)) for table in tables
            ]
            if counts.quarantined:
                rows = quarantined_rows(con, loading, landed)
                parts.append(write_part(con, self.tables, "quarantine", manifest.delivery_id, rows))
                con.unregister("texts")
            drop_temporary_tables(con, but="ledger_lines")
        except duckdb.Error as error:
            raise LoadError(
                f"{path} was not loaded, and nothing of it recorded: {str(error).splitlines()[0]} If the disk is full, "
                f"make room on {self.paths.root}; if raw is damaged, python load_to_db.py --full-refresh "
                "rebuilds it from landing. Then run the load again."
            ) from error
        seconds = time.monotonic() - started
        logger.info(
            "%s: %s rows landed, %s loaded, %s left out, %s in quarantine, %s repeated; %.1f s",
            manifest.delivery_id,
            *(f"{number:,}" for number in (counts.landed, counts.loaded, counts.left_out)),
            *(f"{number:,}" for number in (counts.quarantined, counts.duplicate)),
            seconds,
        )
        return LoadedDelivery(manifest, counts, seconds, warnings), [part for part in parts if part.rows]


def _as_one(failures: Sequence[Exception]) -> Exception | None:
    """One error with what all of them say."""
    if len(failures) < 2:
        return failures[0] if failures else None
    return LoadError(*(text for one in failures for text in one.args))


def _says_how_to_read(client: Client, manifest: Manifest) -> bool:
    source = client.sources.get(manifest.dataset)
    return source is not None and source.reads(manifest.origin)


def counted_rows(tables: RawTables, counted: Collection[str]) -> dict[str, int]:
    """How many rows every raw table has of the deliveries that count."""
    parts = tables.parts()
    return {table: sum(part.rows for part in parts.get(table, ()) if part.delivery_id in counted) for table in TABLES}


def _describe_client(
    con: duckdb.DuckDBPyConnection, client: Client, paths: ClientPaths, business_date: date | None
) -> None:
    """Keep ``raw.client`` up to date, in the private warehouse alone: nobody else may read the pseudonyms' key."""
    is_plain = client.personal_data == "plain"
    try:
        pads = (None, None) if is_plain else hmac_pads(key_of(paths))
    except PseudonymKeyError as error:
        raise LoadError(str(error)) from error
    con.execute("create schema if not exists raw")
    columns = ", ".join(f"{name} {kind}" for name, kind in shown_columns()["client"].items())
    con.execute(f"create table if not exists raw.client ({columns})")
    pseudonyms = (*pads, client.customer_ids)
    if _pseudonyms_of_before(con) not in (None, pseudonyms):
        remove_build(paths)  # or the e-mails of before would still be in the bytes of what is published
    con.execute(f"create or replace table raw.client ({columns})")
    con.execute(
        f"insert into raw.client values ({', '.join('?' * len(shown_columns()['client']))})",
        [
            *(client.client, client.name, client.currency, client.time_zone, business_date),
            *(
                client.has_payments,
                client.order_value != "payments",
                delivers_returns(client),
                delivers_refunds(client),
            ),
            *(client.count_orders or "paid", client.order_day, client.cancelled, client.amount_only_refunds),
            *("customers" in client.sources, "products" in client.sources),
            client.analysis.model_dump_json(),
            *(_rules(client, "line_rules"), _rules(client, "product_rules")),
            json.dumps([table for table in TABLES if look_ups_of(client, table)]),
            *(client.tax, *pseudonyms),
        ],
    )


def _pseudonyms_of_before(con: duckdb.DuckDBPyConnection) -> tuple[str | None, ...] | None:
    """By which keys, and of which ids of customers, pseudonyms were made; None where nothing was loaded."""
    told = con.execute("from raw.client")
    names = [name for name, *_ in told.description or ()]
    row = told.fetchone()
    said = dict(zip(names, row, strict=True)) if row else {}
    return tuple(said.get(name) for name in _PSEUDONYMS) if said else None


def _rules(client: Client, name: str) -> str:
    """The rules of the source of lines or items, as JSON, for the models."""
    sources = (client.sources.get("order_lines"), client.sources.get("order_items"))
    layouts = [source.layout for source in sources if source and source.layout]
    return json.dumps(layouts[0].model_dump(mode="json")[name] if layouts else [])


def _carry_over(paths: ClientPaths, tables: RawTables) -> None:
    """Keep what verify compares with: a rebuild from half a landing folder must not pass for a first load."""
    if not paths.warehouse.exists():
        return
    try:
        with duckdb.connect(paths.warehouse, read_only=True) as old, duckdb.connect() as con:
            con.register("remembered", old.execute("select * from raw.verified_rows").to_arrow_table())
            part = write_part(con, tables, "verified_rows", "carried over", "select * from remembered")
    except duckdb.Error as error:
        logger.warning("The row counts of earlier runs cannot be read (%s); verify starts without them.", error)
        return
    tables.add([part] if part.rows else [])


def main(
    client: Annotated[str | None, typer.Option(help="Client to load; default SALES_CLIENT, else demo.")] = None,
    full_refresh: Annotated[
        bool, typer.Option(help="Make raw again from all of landing; dbt's tables are to be built again.")
    ] = False,
) -> None:
    """Load what has landed into the client's raw tables."""
    log_lines()
    environment = Environment.from_process(client)
    now = environment.now()
    run_id = f"manual__{now.isoformat(timespec='seconds')}"
    try:
        shop, paths = environment.client(), environment.paths()
        say(f"Loading client {shop.client} into {paths.warehouse} ...")
        with pipeline_lock(paths, step="load", run_id=run_id, now=now):
            result = load(shop, paths, run_id=run_id, now=now, full_refresh=full_refresh)
    except (ClientError, LandingError, LoadError, LockHeldError, OSError) as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    for text in result.left_out(shop):
        say(text)
    for warning in result.warnings:
        say(f"warning: {warning}")
    say(f"{len(result.deliveries)} deliveries loaded. Rows, all versions:")
    for table, rows in result.tables.items():
        say(f"  raw.{table:<12} {rows:>12,}")
    if result.warnings:
        say(counted(result.warnings))
    say(f"Next: python verify_database.py --client {shop.client}")


if __name__ == "__main__":
    typer.run(main)
