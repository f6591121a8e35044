"""How a run ended, told to the team: what Airflow knows of it, in the words of ``notify``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clients.environment import Environment
from notify import messages
from notify.sender import send
from publish.summary import Summary
from run_inputs import RunInputs


def tell_success(inputs: RunInputs, summary: Summary, report: Path, warnings: Sequence[str]) -> None:
    """Send what was published and the report; raises NotifyError when a service does not take it."""
    message = messages.succeeded(
        client=inputs.client.name,
        data_through=summary.data_through,
        revenue=summary.revenue,
        currency=summary.currency,
        orders=summary.order_count,
        rows=summary.row_counts,
        balance=summary.balance,
        report=report.name,
        duration=inputs.now - inputs.started_at,
        warnings=list(dict.fromkeys([*warnings, *summary.warnings])),
    )
    send(inputs.notify_urls, message.title, message.body, report)


def tell_failure(client_name: str, context: Mapping[str, Any]) -> None:
    """Send which task failed for good, why and what to do; Airflow calls it where the task ran."""
    environment, ti = Environment.from_process(client_name), context["ti"]
    client = environment.client()
    message = messages.failed(
        client=client.name,
        task=ti.task_id,
        run=ti.run_id,
        cause=str(context.get("exception") or "the task's process ended without a word; see its log"),
        next_step=f"Mend the cause, then clear the task and what follows: {ti.log_url}",
    )
    send(environment.notify_urls(client), message.title, message.body)
