"""How a run ended, sent to the team."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.client_file import Client
from contracts.environment import Environment
from notify import messages
from notify.sender import send
from pipeline.run import Failure, Run
from serve.summary import summarise


def send_succeeded(run: Run, report: Path | None, warnings: Sequence[str]) -> int:
    """Send what was published and the report, if there is one; return to how many addresses. Raises NotifyError."""
    summary = summarise(run.paths)
    message = messages.succeeded(
        client=run.client.name,
        data_through=summary.data_through,
        sales=summary.sales,
        rows=summary.row_counts,
        books=[f"Balance: {summary.balance}", *(f"Compared: {line}" for line in summary.control_totals)],
        report=report.name if report else None,
        duration=run.environment.now() - run.started_at,
        warnings=list(dict.fromkeys([*warnings, *summary.warnings])),
    )
    urls = run.environment.notify_urls(run.client)
    send(urls, message.title, message.body, report)
    return len(urls)


def send_failed(
    environment: Environment, client: Client, *, task: str, failure: Failure, run_id: str, cause: str, next_step: str
) -> None:
    """Send which step of which run failed for good, why, and what to do. Raises NotifyError."""
    message = messages.failed(
        client=client.name, task=task, run=run_id, cause=cause, next_step=next_step, readers=failure.value
    )
    send(environment.notify_urls(client), message.title, message.body)
