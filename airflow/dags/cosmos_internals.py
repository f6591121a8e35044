"""What the DAGs need of Cosmos that has no public name; tests/dag/test_cosmos_internals.py holds it against Cosmos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowFailException
from cosmos.operators._watcher.aggregation import get_tests_status_xcom_key
from cosmos.operators._watcher.state import get_status_xcom_key, is_dbt_node_status_success
from cosmos.operators.watcher import DbtConsumerWatcherSensor


def is_report(task: Any) -> bool:
    """Whether the task shows what became of a model, or of a model's tests."""
    return isinstance(task, DbtConsumerWatcherSensor)


def node_of(task: Any) -> str:
    """The model that a report is of, by dbt's unique id."""
    return str(task.model_unique_id)


def allow_retry(context: Mapping[str, Any]) -> None:
    """Let a second try of the build's task build: Cosmos skips it, for fear of a report that runs dbt meanwhile."""
    context["ti"].try_number = 1


def report(context: Mapping[str, Any]) -> bool:
    """The ``poke`` of a report: done when the build was successful with its node, else what Cosmos would do.

    Cosmos asks Airflow five times for what one answer says, runs dbt again on every second try, and would run it for
    each report where the build failed before it came to any node; that raises AirflowFailException.
    """
    task, ti = context["task"], context["ti"]
    key = get_tests_status_xcom_key if task.is_test_sensor else get_status_xcom_key
    reported = ti.xcom_pull(task_ids=task.producer_task_id, key=key(task.model_unique_id))
    if is_dbt_node_status_success(reported.get("status") if isinstance(reported, dict) else reported):
        if not task.is_test_sensor:
            task._cache_compiled_sql(ti, context)  # which the UI shows
        return True
    if reported is None and ti.try_number == 1:
        states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[task.producer_task_id], run_ids=[ti.run_id])
        if states[ti.run_id][task.producer_task_id] == "failed":
            raise AirflowFailException(
                f"The build failed before it came to this; see the log of {task.producer_task_id}."
            )
    return bool(type(task).poke(task, context))
