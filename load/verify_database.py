"""Whether raw is what has landed; run by hand: ``python verify_database.py --help``."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import duckdb
import typer

from contracts.client_file import Client, ClientError
from contracts.deliveries import LandingError, Manifest
from contracts.environment import Environment
from contracts.paths import ClientPaths
from contracts.printable import SafeLinesError
from contracts.source import is_live
from contracts.sql_text import literal
from contracts.terminal import log_lines, say
from load.checks import (
    WAITING,
    Finding,
    check_books,
    check_cancellations,
    check_dates,
    check_deliveries,
    check_keys,
    check_references,
    check_sizes,
    check_uncounted,
)
from load.delivered_sales import add_up_sales
from load.errors import LoadError
from load.file_checks import check_file_money, check_file_rows
from load.freshness import check_age, check_volume
from load.look_up_checks import check_look_ups, warnings_of_look_ups
from load.raw_tables import BOOKS, current
from load.raw_views import TABLES, show, show_books, write_part
from load.source_totals import Compared, check_source_totals, check_tax_can_be_split, compare_source_totals
from load.validation import DeliveryContext
from load.warehouse import open_warehouse, spill_folder
from storage.landing import check_file, deliveries
from storage.lock import LockHeldError, pipeline_lock

logger = logging.getLogger(__name__)


class VerificationError(SafeLinesError):
    """Raw is not what has landed; ``findings`` and the message name table, expected and found."""

    def __init__(self, client: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "".join(f"\n  - {finding}" for finding in findings)
        super().__init__(
            f"The raw data of client {client} is not what has landed, {len(findings)} findings:{lines}\n"
            "Nothing may be built or published from it. Fix the source and extract again, or, if raw itself was "
            f"changed, run python load_to_db.py --client {client} --full-refresh; ceilings are in the client file."
        )


@dataclass(frozen=True)
class VerifyReport:
    """What was verified: the current rows of every raw table and the deliveries recounted from their files."""

    tables: Mapping[str, int]
    recounted: tuple[str, ...]
    data_through: date
    source_totals: tuple[Compared, ...]
    """That of orders first."""
    warnings: tuple[str, ...]
    """What a person should know of what passed."""


def verify(client: Client, paths: ClientPaths, business_date: date, *, full: bool = False) -> VerifyReport:
    """Check that raw holds all that has landed, once, dated and joined up, and raise VerificationError if not.

    Every check runs before it raises. The landed files of deliveries that no verify has passed yet are counted and
    summed again, with ``full`` all of them. Passing is remembered in the warehouse. Raises LoadError when there is
    no warehouse or another process has it open, LandingError when a file was altered.
    """
    if not paths.warehouse.exists():
        raise LoadError(f"There is no warehouse {paths.warehouse}; expected one to verify. Run load_to_db.py first.")
    newest = {(manifest.dataset, manifest.key): manifest for manifest in deliveries(paths.landing)}
    with open_warehouse(paths) as con:
        show(con, client, current(paths), find_current=True)
        unverified = {
            delivery_id
            for delivery_id, is_verified in con.execute(
                "select delivery_id, is_verified from raw.load_ledger where not is_replaced"
            ).fetchall()
            if full or not is_verified
        }
        todo = [manifest for manifest in newest.values() if manifest.delivery_id in unverified]
        tables = current_rows(con)
        rows = [part for name, parts in current(paths).parts().items() if name not in BOOKS for part in parts]
        known = {delivery_id for (delivery_id,) in con.execute("select delivery_id from raw.load_ledger").fetchall()}
        last = _data_through(con, business_date)
        last_days = {
            table: max(last, DeliveryContext(client, manifest, paths.landing).last_day)
            for manifest in sorted(newest.values(), key=lambda manifest: manifest.extracted_at)
            if is_live(manifest.origin) or manifest.dataset in WAITING
            for table in WAITING.get(manifest.dataset, (manifest.dataset,))
        }
        totals = compare_source_totals(con)
        findings = [
            *check_tax_can_be_split(con, client),
            *check_source_totals(client, totals),
            *check_cancellations(con, client),
            *check_deliveries(con, newest.values()),
            *check_books(con, client, rows, unverified),
            *check_uncounted(rows, known),
            *_check_files(con, client, paths, todo),
            *check_keys(con, unverified),
            *check_references(con, client, unverified),
            *check_look_ups(con, client),
            *check_sizes(con, client, tables),
            *check_dates(con, client, last, last_days),
            *check_age(con, client, business_date),
            *check_volume(con, client, business_date),
        ]
        if findings:
            raise VerificationError(client.client, findings)
        warnings = (*(text for one in totals for text in one.warnings()), *warnings_of_look_ups(con, client))
        add_up_sales(con, client)
        _remember(con, paths, business_date, tables)
    return VerifyReport(tables, tuple(manifest.delivery_id for manifest in todo), last, totals, warnings)


def current_rows(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The number of current rows of every raw table."""
    counts = {table: con.execute(f"select count(*) from raw.{table} where is_current").fetchall() for table in TABLES}
    return {table: int(rows[0][0]) for table, rows in counts.items()}


def _check_files(
    con: duckdb.DuckDBPyConnection, client: Client, paths: ClientPaths, todo: Sequence[Manifest]
) -> Iterator[Finding]:
    logger.info("recounting %d landed files, %s rows", len(todo), f"{sum(manifest.rows for manifest in todo):,}")
    for manifest in todo:
        delivery = DeliveryContext(client, manifest, check_file(paths.landing, manifest))
        yield from check_file_rows(con, delivery)
        yield from check_file_money(con, delivery, spill_folder(paths))


def _data_through(con: duckdb.DuckDBPyConnection, business_date: date) -> date:
    """The last day there may be data of: a backfill of an earlier date does not make later data wrong."""
    newest: date | None = con.execute("select max(logical_date) from raw.load_ledger").fetchall()[0][0]
    return max(business_date, newest or business_date)


def _remember(
    con: duckdb.DuckDBPyConnection, paths: ClientPaths, business_date: date, sizes: Mapping[str, int]
) -> None:
    """Add to raw's books which deliveries have passed, and how many rows there are."""
    tables = current(paths)
    unverified = "select delivery_id from raw.load_ledger where not is_verified and not is_replaced"
    sizes_now = " union all ".join(
        f"select {literal(table)} as table_name, {rows} as row_count" for table, rows in sizes.items()
    )
    counts = f"""
        select
            coalesce((select max(verify_number) from raw.verified_rows), 0) + 1 as verify_number,
            date '{business_date}' as business_date, table_name, row_count
        from ({sizes_now})
    """
    parts = [
        write_part(con, tables, "verified_deliveries", f"verify/{business_date}", unverified),
        write_part(con, tables, "verified_rows", f"verify/{business_date}", counts),
    ]
    tables.add([part for part in parts if part.rows])
    show_books(con, tables.parts())


def main(
    client: Annotated[str | None, typer.Option(help="Client to verify; default SALES_CLIENT, else demo.")] = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Business date; default: the last day of a demo's data, else yesterday in the client's time zone.",
        ),
    ] = None,
    full: Annotated[bool, typer.Option(help="Recount every landed file, not only those not verified yet.")] = False,
) -> None:
    """Verify that the raw schema is what has landed; ends with 1 and every finding where it is not."""
    log_lines()
    environment = Environment.from_process(client)
    now = environment.now()
    try:
        shop, paths = environment.client(), environment.paths()
        business_date = date.date() if date else shop.default_date(now)
        say(f"Verifying client {shop.client} in {paths.warehouse} ...")
        with pipeline_lock(paths, step="verify", run_id=f"manual__{now.isoformat(timespec='seconds')}", now=now):
            report = verify(shop, paths, business_date, full=full)
    except (ClientError, LandingError, LoadError, LockHeldError, VerificationError, OSError) as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    for table, rows in report.tables.items():
        say(f"  raw.{table:<12} {rows:>12,}")
    say(f"All as landed, {len(report.recounted)} files recounted, no day after {report.data_through}.")
    say(f"Next: export SALES_CLIENT={shop.client} && cd ../dbt_project && dbt run && dbt test")


if __name__ == "__main__":
    typer.run(main)
