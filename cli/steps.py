"""What the verbs need that are no steps of a run, and what is said to people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from deltalake.exceptions import DeltaError

from cli.check import CheckError
from contracts.client_file import ClientError, load_client
from contracts.deliveries import LandingError
from contracts.environment import Environment, ShortTokenError
from contracts.variables import NAMED
from extract.errors import ExtractError
from extract.repair import RepairError
from extract.sources.demo import DemoError
from load.errors import LoadError
from load.verify_database import VerificationError
from pipeline.dbt import BuildError
from pipeline.run import Run
from privacy.erased import EraseError
from privacy.pseudonyms import PseudonymKeyError
from propose.errors import ProposeError
from publish.errors import PublishError
from publish.publisher import rollback
from publish.versions import current_version, kept_versions
from serve.published import NotPublishedError
from serve.report.errors import ReportError
from serve.summary import summarise
from storage.lock import LockHeldError

# What a person can fix; anything else is a defect of ours and keeps its traceback.
EXPECTED = (
    CheckError,
    ClientError,
    DemoError,
    EraseError,
    ExtractError,
    LandingError,
    LoadError,
    LockHeldError,
    NotPublishedError,
    ProposeError,
    PseudonymKeyError,
    PublishError,
    RepairError,
    ReportError,
    ShortTokenError,
    VerificationError,
    BuildError,
    OSError,
)
# Files that another process writes or that are damaged.
OF_FILES = (duckdb.Error, DeltaError)
QUARANTINED = """
select dataset, reason, count(*), any_value(source_file || ' line ' || line)
from raw.quarantine group by dataset, reason order by count(*) desc, dataset, reason
"""


def rollback_to_previous(run: Run) -> str:
    """Put the version before the current one back."""
    left = current_version(run.paths)
    version = rollback(run.client, run.paths)
    instead = f"instead of version {left.number}" if left else "instead of a missing or altered file"
    return (
        f"version {version.number} of run {version.run_id}, data through {version.data_through}, is back "
        f"{instead}; the next publication moves forward again"
    )


def run_of(
    client_name: str | None,
    day: date | None,
    sizes: Mapping[str, int | None],
    *,
    is_answered: bool = True,
    **options: Any,
) -> Run:
    """The run of one command; ``sizes`` are a demo's, ``options`` those of a Run.

    Refuses a client with open questions, unless ``is_answered`` is false.
    """
    environment = Environment.from_process(client_name)
    client = environment.client() if is_answered else environment.client_as_far_as_said()
    client = client.with_demo_sizes(**sizes)
    now = environment.now()
    dates = (day or client.default_date(now),)
    return Run(environment, client, dates, f"cli__{now:%Y-%m-%dT%H:%M:%SZ}", now, **options)


def report(client_name: str | None, month: date | None, target: Path | None) -> str:
    """Write the report of a month; says where it is."""
    from serve.report.document import write_report  # noqa: PLC0415 its charts take a second to import

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
    allowed = {name: text for name, text in environment.variables().items() if name == NAMED}
    lines = []
    for name in sorted(path.stem for path in environment.clients_dir.glob("*.yml")):
        try:
            client = load_client(name, environment.clients_dir, allowed)
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
