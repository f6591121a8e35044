"""The edge of an extract step that a person runs as a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

import typer

from contracts.client_file import ClientError
from contracts.deliveries import LandingError, Manifest
from contracts.environment import Environment
from contracts.terminal import log_lines, say
from contracts.warning import counted
from extract.errors import ExtractError
from storage.landing import remember_business_date
from storage.lock import LockHeldError, pipeline_lock

ClientOption = Annotated[str | None, typer.Option(help="Client to extract for; default SALES_CLIENT, else demo.")]
DateOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Business date; default: the last day of a demo's data, else yesterday in the client's time zone.",
    ),
]


Step = Callable[..., Sequence[Manifest]]  # a public extract function


def run_command(
    name: str,
    step: Step,
    client_name: str | None,
    day: datetime | None,
    *,
    following: str = "cd ../load && python load_to_db.py",
) -> None:
    """Run one step for a client and date under the client's lock, tell what was landed and what to run next.

    Ends the process with 1 and the message when the step, its client file or its landing folder is at fault, or
    another run holds the lock.
    """
    log_lines()
    environment = Environment.from_process(client_name)
    try:
        client = environment.client()
        now = environment.now()
        business_date = day.date() if day else client.default_date(now)
        say(f"Extracting for client {client.client}, business date {business_date} ...")
        with pipeline_lock(environment.paths(), step=name, run_id=f"manual {now:%H:%M}", now=now):
            landed = step(
                client, environment.paths(), business_date, extracted_at=now, code_version=environment.code_version
            )
            remember_business_date(environment.paths().landing, business_date)
    except (ClientError, ExtractError, LandingError, LockHeldError, OSError) as error:
        say(f"Nothing more was landed: {error}", err=True)
        raise typer.Exit(1) from error
    if not landed:
        say(f"Client {client.client} has no source for this step, or nothing new in it; nothing was landed.")
    for (dataset, origin), rows in _rows(landed).items():
        deliveries = "1 delivery" if len(rows) == 1 else f"{len(rows)} deliveries"
        say(f"{dataset} {sum(rows):,} rows in {deliveries} ({origin})")
    warnings = [warning for manifest in landed for warning in manifest.warnings]
    for line in [*(f"warning: {warning}" for warning in warnings), *([counted(warnings)] if warnings else [])]:
        say(line)
    say(f"In {environment.paths().landing}. Next: {following} --client {client.client}")


def _rows(landed: Sequence[Manifest]) -> dict[tuple[str, str], list[int]]:
    rows: dict[tuple[str, str], list[int]] = {}
    for manifest in landed:
        rows.setdefault((manifest.dataset, manifest.origin), []).append(manifest.rows)
    return rows
