"""`sales check`: what would stop a run, all at once."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.printable import SafeError
from load.load_result import LoadedDelivery
from pipeline.check import Checked, check
from pipeline.run import Run


class CheckError(SafeError):
    """A run would stop; the message says how often, the findings are printed before."""


def checked(run: Run) -> Iterator[str]:
    """Check, and say what was seen; raises CheckError at the end when a run would stop."""
    seen = check(run)
    yield from map(_delivery, seen.loaded)
    yield from (f"warning: {text}" for text in seen.warnings)
    yield from (f"  - {finding}" for finding in seen.findings)
    if seen.findings:
        number = "1 finding" if len(seen.findings) == 1 else f"{len(seen.findings)} findings"
        raise CheckError(
            f"{number} would stop a run of {run.client.client}; nothing was loaded. Change what each names, then run "
            f"sales check {run.client.client} again."
        )
    yield _passed(run, seen)


def _passed(run: Run, seen: Checked) -> str:
    rows = sum(one.counts.loaded for one in seen.loaded)
    return f"Nothing would stop a run of {run.client.client} through {run.business_date}; it would load {rows:,} rows."


def _delivery(one: LoadedDelivery) -> str:
    counts = one.counts
    file = one.manifest.parameters.get("path", one.manifest.delivery_id)
    text = f"{one.manifest.dataset:<12} {file}: {counts.landed:,} rows, {counts.loaded:,} to load"
    parts = {"left out by where": counts.left_out, "for quarantine": counts.quarantined, "repeated": counts.duplicate}
    return ", ".join([text, *(f"{number:,} {what}" for what, number in parts.items() if number)])
