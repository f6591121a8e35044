"""Landing to the raw schema; run by hand: ``python load_to_db.py --help``."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import duckdb
import typer

from clients.config import Client, ClientError, FileSource, KafkaSource
from clients.environment import Environment
from clients.lock import LockHeldError, pipeline_lock
from clients.paths import ClientPaths
from landing.contract import STREAM, LandingError, Manifest, check_file, deliveries
from load.arranging import arrange
from load.changed_columns import changed_columns
from load.dated import STANDALONE
from load.failure import LoadError
from load.ledger import Counts, Pending, check_ceiling, count, pending, quarantine, record
from load.left_out import left_out
from load.merging import NATURAL_KEYS, Loading, merge
from load.order_lake import keep_orders
from load.pseudonyms import hmac_pads, key_of
from load.staging import Arrival, read, stage
from load.warehouse import open_warehouse, rebuilt_warehouse, remove_build, spill_folder

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedDelivery:
    """What became of one delivery."""

    manifest: Manifest
    counts: Counts
    seconds: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LoadResult:
    """What a load did: the deliveries it loaded and the current rows of every raw table afterwards."""

    deliveries: tuple[LoadedDelivery, ...]
    tables: Mapping[str, int]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the deliveries: replacements, bad rows, changed columns, lines left out."""
        quarantined = tuple(
            f"{loaded.manifest.delivery_id}: {loaded.counts.quarantined:,} of {loaded.counts.landed:,} rows in "
            f"quarantine, for example {loaded.counts.reasons[0]}"
            for loaded in self.deliveries
            if loaded.counts.quarantined
        )
        return (
            *(text for loaded in self.deliveries for text in loaded.manifest.warnings),
            *quarantined,
            *(text for loaded in self.deliveries for text in loaded.warnings),
        )


def load(client: Client, paths: ClientPaths, *, run_id: str, now: datetime, full_refresh: bool = False) -> LoadResult:
    """Load every delivery in landing that raw does not have, each in a transaction of its own.

    Of each key only the newest attempt counts; it takes the place of the attempt loaded before. ``full_refresh``
    makes a new warehouse file from landing and swaps it in, so what dbt built is to be built again. Raises LoadError
    when a delivery cannot be read or has more bad rows than its ceiling: nothing of it is recorded then, and what was
    loaded before it stays. Raises LandingError when landing itself is damaged.
    """
    landed = deliveries(paths.landing)
    if not landed:
        raise LoadError(f"{paths.landing} has no delivery; expected at least one. Run the extract steps first.")
    with rebuilt_warehouse(paths) if full_refresh else open_warehouse(paths) as con:
        _describe_client(con, client, paths)
        run = _Run(con, client, paths, run_id, now, time.monotonic())
        loaded = tuple(run.load_delivery(todo) for todo in pending(con, landed))
        return LoadResult(loaded, current_rows(con))


@dataclass(frozen=True)
class _Run:
    con: duckdb.DuckDBPyConnection
    client: Client
    paths: ClientPaths
    run_id: str
    now: datetime
    began: float

    def clock(self) -> datetime:
        """The time now as DuckDB keeps it: UTC without an offset."""
        return self.now.astimezone(UTC).replace(tzinfo=None) + timedelta(seconds=time.monotonic() - self.began)

    def load_delivery(self, todo: Pending) -> LoadedDelivery:
        """Load one delivery wholly or not at all."""
        manifest, con = todo.manifest, self.con
        started_at, started = self.clock(), time.monotonic()
        if not _says_how_to_read(self.client, manifest):
            raise LoadError(
                f"Landing has {manifest.delivery_id}, but the client file has no sources.{manifest.dataset} that says "
                f"how to read it (origin {manifest.origin}). Add it, or remove "
                f"{self.paths.landing / manifest.dataset / manifest.key}."
            )
        path = check_file(self.paths.landing, manifest)
        arrival = Arrival(self.client, manifest, path)
        try:
            landed = read(con, arrival, spill_folder(self.paths))
            stage(con, arrival, landed)
            tables = arrange(con, arrival)
            counts = count(con, arrival)
            check_ceiling(arrival, counts)
            loading = Loading(arrival, tables, todo.replaced, self.run_id, self.clock())
            with _transaction(con):
                record(con, loading, landed, counts, started_at)
                changed = changed_columns(con, arrival)
                merge(con, loading)
                quarantine(con, loading, landed, counts)
            warnings = (*changed, *left_out(con, arrival, counts))
            _drop_temporary_tables(con)
        except duckdb.Error as error:
            raise LoadError(
                f"{path} was not loaded, and nothing of it recorded: {str(error).splitlines()[0]} If the disk is full, "
                f"make room on {self.paths.root}; if the warehouse is damaged, python load_to_db.py --full-refresh "
                "rebuilds it from landing. Then run the load again."
            ) from error
        seconds = time.monotonic() - started
        logger.info(
            "%s: %s rows landed, %s loaded, %s in quarantine, %s repeated; %.1f s",
            manifest.delivery_id,
            *(f"{number:,}" for number in (counts.landed, counts.loaded, counts.quarantined, counts.duplicate)),
            seconds,
        )
        return LoadedDelivery(manifest, counts, seconds, warnings)


def _says_how_to_read(client: Client, manifest: Manifest) -> bool:
    source = {str(name): source for name, source in client.sources.items()}.get(manifest.dataset)
    if isinstance(source, KafkaSource):
        return manifest.origin != "file"
    return source is not None and manifest.origin != STREAM


@contextmanager
def _transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


def _drop_temporary_tables(con: duckdb.DuckDBPyConnection) -> None:
    for (table,) in con.execute("select table_name from duckdb_tables() where temporary").fetchall():
        con.execute(f"drop table {table}")


def current_rows(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The number of current rows of every raw table."""
    counts = {
        table: con.execute(f"select count(*) from raw.{table} where is_current").fetchall() for table in NATURAL_KEYS
    }
    return {table: int(rows[0][0]) for table, rows in counts.items()}


def _describe_client(con: duckdb.DuckDBPyConnection, client: Client, paths: ClientPaths) -> None:
    """Keep ``raw.client`` up to date; raises LoadError when the raw rows were read by other rules than the file's."""
    read_as = _read_as(client)
    known = con.execute("select read_as from raw.client").fetchone()
    has_rows = con.execute("select 1 from raw.load_ledger limit 1").fetchone() is not None
    if known and has_rows and known[0] != read_as:
        then, now = json.loads(known[0]), json.loads(read_as)
        added = {f"sources.{dataset}" for dataset in STANDALONE} - {*then}
        changed = sorted(name for name in {*then, *now} - added if then.get(name) != now.get(name))
        if changed:
            raise LoadError(
                f"The client file of {client.client} has another {', '.join(changed)} than when the warehouse was "
                f"loaded; rows read by both would not fit together. python load_to_db.py --client {client.client} "
                "--full-refresh reads all of landing by the new one."
            )
    is_plain = client.personal_data == "plain"
    pads = (None, None) if is_plain else hmac_pads(key_of(paths.pseudonym_key))
    if con.execute("select pseudonym_inner_pad, pseudonym_outer_pad from raw.client").fetchone() not in (None, pads):
        remove_build(paths)  # or the e-mails of before would still be in the bytes of what is published
    with _transaction(con):
        con.execute("delete from raw.client")
        con.execute(
            "insert into raw.client (client, name, currency, time_zone, has_payments, read_as, "
            "pseudonym_inner_pad, pseudonym_outer_pad) values (?, ?, ?, ?, ?, ?, ?, ?)",
            [client.client, client.name, client.currency, client.time_zone, client.has_payments, read_as, *pads],
        )


def _read_as(client: Client) -> str:
    """What of the client file decides how a landed file becomes rows, as JSON."""
    readers = {
        name: source.as_lines() if isinstance(source, KafkaSource) else source
        for name, source in client.sources.items()
    }
    files = {
        f"sources.{dataset}": source.model_dump(mode="json", exclude={"path", "kind", "retyped_columns"})
        if isinstance(source, FileSource)
        else source.kind
        for dataset, source in readers.items()
    }
    return json.dumps({"time_zone": client.time_zone, "order_value": client.order_value, **files}, sort_keys=True)


def main(
    client: Annotated[str | None, typer.Option(help="Client to load; default SALES_CLIENT, else demo.")] = None,
    full_refresh: Annotated[
        bool, typer.Option(help="Make a new warehouse file from all of landing; dbt's tables are to be built again.")
    ] = False,
) -> None:
    """Load what has landed into the raw schema of the client's warehouse."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    environment = Environment.from_process(client)
    now = environment.now()
    run_id = f"manual__{now.isoformat(timespec='seconds')}"
    try:
        shop, paths = environment.client(), environment.paths()
        typer.echo(f"Loading client {shop.client} into {paths.warehouse} ...")
        with pipeline_lock(paths, step="load", run_id=run_id, now=now):
            result = load(shop, paths, run_id=run_id, now=now, full_refresh=full_refresh)
            keep_orders(paths)
    except (ClientError, LandingError, LoadError, LockHeldError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    for warning in result.warnings:
        typer.echo(f"warning: {warning}")
    typer.echo(f"{len(result.deliveries)} deliveries loaded. Current rows:")
    for table, rows in result.tables.items():
        typer.echo(f"  raw.{table:<12} {rows:>12,}")
    typer.echo(f"Next: python verify_database.py --client {shop.client}")


if __name__ == "__main__":
    typer.run(main)
