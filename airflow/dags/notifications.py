"""A task that failed for good, sent to the team: what Airflow knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.environment import Environment
from pipeline.notifications import send_failed
from pipeline.steps import BUILD, STEPS


def notify_failure(client_name: str, context: Mapping[str, Any]) -> None:
    """Send which task failed for good, why and what to do; Airflow calls it where the task ran."""
    environment, ti = Environment.from_process(client_name), context["ti"]
    step = next((step for step in STEPS if step.name == ti.task_id), BUILD)
    send_failed(
        environment,
        environment.client(),
        task=ti.task_id,
        failure=step.failure,
        run_id=ti.run_id,
        cause=str(context.get("exception") or "the task's process ended without a word; see its log"),
        next_step=f"Fix the cause, then clear the task and what follows: {ti.log_url}",
    )
