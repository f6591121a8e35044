"""What each verb does: a public function of the platform, and its outcome in one line for people."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from cli import dbt
from clients.config import ApiSource, Client, ClientError, DemoSource, FileSource, KafkaSource, load_client
from clients.environment import Environment
from clients.lock import LockHeldError, pipeline_lock
from clients.paths import ClientPaths
from extract.by_hand import default_date
from extract.demo import DemoError
from extract.erased import EraseError
from extract.errors import ExtractError
from extract.extract_api_data import extract_products
from extract.extract_events import extract_events
from extract.extract_files import extract_files
from extract.generate_customer_data import generate
from extract.repair import RepairError
from landing.contract import LandingError, Manifest
from load.failure import LoadError
from load.load_to_db import load
from load.verify_database import VerificationError, verify
from publish.data_model import write_data_model
from publish.errors import PublishError
from publish.publisher import publish, rollback
from publish.summary import summarise
from publish.versions import current_version, kept_versions
from report.errors import ReportError

# What a person can mend; anything else is a defect of ours and keeps its traceback.
EXPECTED = (
    ClientError,
    DemoError,
    EraseError,
    ExtractError,
    LandingError,
    LoadError,
    LockHeldError,
    PublishError,
    RepairError,
    ReportError,
    VerificationError,
    dbt.BuildError,
    OSError,
)
QUARANTINED = """
select dataset, reason, count(*), any_value(source_file || ' line ' || line)
from raw.quarantine group by dataset, reason order by count(*) desc, dataset, reason
"""


@dataclass(frozen=True)
class Run:
    """One call of the command: for whom, for which day, under which lock."""

    environment: Environment
    client: Client
    paths: ClientPaths
    business_date: date
    run_id: str
    lock: int

    def extract(self) -> str:
        """Land what the sources have through the business date."""
        kinds = {type(source) for source in self.client.sources.values()}
        extractors: list[Callable[..., list[Manifest]]] = []
        if DemoSource in kinds:
            extractors.append(generate)
        if ApiSource in kinds:
            extractors.append(lambda *where, **when: [extract_products(*where, **when)])
        if FileSource in kinds:
            extractors.append(extract_files)
        if KafkaSource in kinds:
            extractors.append(extract_events)
        landed = [
            manifest
            for extractor in extractors
            for manifest in extractor(
                self.client,
                self.paths,
                self.business_date,
                extracted_at=self.environment.now(),
                code_version=self.environment.code_version,
            )
        ]
        warnings = "".join(f"\nwarning: {warning}" for manifest in landed for warning in manifest.warnings)
        rows = sum(manifest.rows for manifest in landed)
        deliveries = _counted(len(landed), "delivery", "deliveries")
        return f"{_counted(rows, 'row', 'rows')} in {deliveries}, through {self.business_date}{warnings}"

    def load(self, full_refresh: bool = False) -> str:
        """Load what has landed."""
        result = load(
            self.client, self.paths, run_id=self.run_id, now=self.environment.now(), full_refresh=full_refresh
        )
        if not result.deliveries:
            return "nothing new has landed"
        loaded = sum(delivery.counts.loaded for delivery in result.deliveries)
        quarantined = sum(delivery.counts.quarantined for delivery in result.deliveries)
        see = f"see sales quarantine --client {self.client.client}"
        aside = f", {quarantined:,} more in quarantine: {see}" if quarantined else ""
        warnings = "".join(f"\nwarning: {text}" for delivery in result.deliveries for text in delivery.warnings)
        deliveries = _counted(len(result.deliveries), "new delivery", "new deliveries")
        return f"{_counted(loaded, 'row', 'rows')} of {deliveries}{aside}{warnings}"

    def verify(self, full: bool = False) -> str:
        """Check raw against landing."""
        report = verify(self.client, self.paths, self.business_date, full=full)
        recounted = _counted(len(report.recounted), "file", "files")
        return f"raw is what has landed: {sum(report.tables.values()):,} current rows, {recounted} counted again"

    def build(self, full_refresh: bool = False) -> str:
        """Build and test staging, core and marts."""
        return dbt.build(self.environment, self.paths, lock=self.lock, full_refresh=full_refresh)

    def publish(self, manifest: Path | None = None) -> str:
        """Let readers see the build."""
        version = publish(
            self.client,
            self.paths,
            run_id=self.run_id,
            now=self.environment.now(),
            code_version=self.environment.code_version,
            manifest=manifest or dbt.newest_manifest(self.paths),
        )
        warnings = "".join(f"\nwarning: {warning}" for warning in version.warnings)
        return (
            f"version {version.number}, data through {version.data_through}, "
            f"{sum(version.row_counts.values()):,} rows in {self.paths.published_file}{warnings}"
        )

    def docs(self) -> str:
        """Describe the models on one page."""
        return str(write_data_model(self.paths, os.environ, lock=self.lock))

    def rollback(self) -> str:
        """Put the version before the current one back."""
        left = current_version(self.paths)
        version = rollback(self.client, self.paths)
        instead = f"instead of version {left.number}" if left else "instead of a missing or altered file"
        return (
            f"version {version.number} of run {version.run_id}, data through {version.data_through}, is back "
            f"{instead}; the next publication moves forward again"
        )


@contextmanager
def locked_run(
    client_name: str | None,
    step: str,
    *,
    day: date | None = None,
    wait_seconds: float = 0,
    sizes: dict[str, int] | None = None,
) -> Iterator[Run]:
    """A run that holds its client's lock for the block; ``sizes`` change the client file's demo."""
    environment = Environment.from_process(client_name)
    client = environment.client()
    client = client.model_copy(update={"demo": client.demo.model_copy(update=sizes or {})})
    now = environment.now()
    run_id = f"cli__{now:%Y-%m-%dT%H:%M:%SZ}"
    paths = environment.paths()
    with pipeline_lock(paths, step=step, run_id=run_id, now=now, wait_seconds=wait_seconds) as lock:
        yield Run(environment, client, paths, day or default_date(environment, client), run_id, lock)


def timed(step: Callable[[], str]) -> str:
    """The step's line with the seconds it took."""
    started = time.monotonic()
    first, *warnings = step().splitlines()
    return "\n".join([f"{first} ({time.monotonic() - started:.1f} s)", *warnings])


def report(client_name: str | None, month: date | None, target: Path | None) -> str:
    """Write the report of a month; says where it is."""
    from report.document import write_report  # noqa: PLC0415 its charts take a second to import

    return str(write_report(Environment.from_process(client_name).paths().published_file, month, target))


def status(client_name: str | None) -> str:
    """The summary of what readers see."""
    return summarise(Environment.from_process(client_name).paths()).text()


def versions(client_name: str | None) -> str:
    """The kept versions, newest first, the one that readers see marked."""
    paths = Environment.from_process(client_name).paths()
    current = current_version(paths)
    lines = [
        f"{'*' if current and version.number == current.number else ' '} {version.number:>6}  "
        f"{version.published_at:%Y-%m-%d %H:%M} UTC  through {version.data_through}  "
        f"{sum(version.row_counts.values()):>12,} rows  run {version.run_id}"
        for version in reversed(kept_versions(paths))
    ]
    return "\n".join(lines) or f"No version is kept in {paths.published}."


def clients() -> str:
    """Every client file: its shop, or what is wrong with it."""
    environment = Environment.from_process()
    lines = []
    for name in sorted(path.stem for path in environment.clients_dir.glob("*.yml")):
        try:
            client = load_client(name, environment.clients_dir, {})
        except ClientError as error:
            lines.append(f"{name:<20} {error}")
        else:
            sources = ", ".join(f"{dataset} ({source.kind})" for dataset, source in client.sources.items())
            lines.append(f"{name:<20} {client.name}, {client.currency}, {client.time_zone}: {sources}")
    return "\n".join(lines) or f"No client file in {environment.clients_dir}; expected at least demo.yml."


def quarantine(client_name: str | None) -> str:
    """How many rows were set aside, why, and where to see one."""
    paths = Environment.from_process(client_name).paths()
    if not paths.warehouse.exists():
        raise LoadError(f"There is no warehouse {paths.warehouse}; expected one. Run `sales load` first.")
    with duckdb.connect(str(paths.warehouse), read_only=True) as warehouse:
        rows = warehouse.execute(QUARANTINED).fetchall()
    lines = [f"{count:>8,}  {dataset}: {reason} (for example {place})" for dataset, reason, count, place in rows]
    if not lines:
        return "Nothing is in quarantine."
    client = f" --client {client_name}" if client_name else ""
    repair = f"Next: repair them with sales quarantine{client} --to rows.jsonl, or have the source corrected, then "
    return "\n".join([*lines, f"{repair}sales extract{client} and sales load{client}"])


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
