"""One DAG per client file: a task for each step of `pipeline.steps`, and for each model of dbt."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, get_parsing_context, task
from airflow.sdk.definitions.param import ParamsDict

from contracts.client_file import Client, ClientError, client_names
from contracts.environment import Environment
from contracts.paths import ClientPaths
from dbt_groups import build_after, dbt_group
from dbt_manifest import MANIFEST
from notifications import notify_failure
from pipeline.dag_ids import dag_id_of
from pipeline.run import Outcome, Step
from pipeline.steps import BUILD, PUBLISH, RUN_TIME_LIMIT, steps_of
from run_inputs import current_run

LOCK_WAIT_SECONDS = 300  # a step that somebody runs by hand takes minutes, not hours

DAG_DOC = """
### {name}: the daily sales warehouse
Takes the sources of `clients/{client}.yml`, loads them into a private DuckDB file, verifies that nothing was lost,
builds and tests the models, and puts the tested tables where Power BI and the dashboard read them:
`data/{client}/published/sales_analytics.duckdb`. A failing test stops all
that follows; readers keep the last version.

* **When**: `{schedule}` in {time_zone}; the run of day X is for day X - 1. A run brings the warehouse complete through
  its day, so a missed night is made up for by the next one.
* **By hand**: Trigger, and fill in the form. `date` is one day; `date_from` and `date_to` are a range.
* **A range, run by run**: Backfill, with *max active runs* 1. Days that were run already give the same totals again.
* **After a failure**: fix the cause, then clear the red task and what follows.
"""


def step_task(step: Step, client_name: str, before: Mapping[str, Any], **options: Any) -> Any:
    """The task of a step, which gets the outcomes of the steps that it needs."""

    @task(
        task_id=step.name,
        doc_md=step.function.__doc__,
        retries=step.retries,
        execution_timeout=step.time_limit,
        **options,
    )
    def do_step(client_name: str, before: dict[str, Any]) -> dict[str, Any]:
        run = replace(current_run(client_name), manifest=MANIFEST)
        outcomes = {name: Outcome(**outcome) for name, outcome in before.items()}
        with run.locked(step.name, LOCK_WAIT_SECONDS) if step.writes else nullcontext(run) as run:
            outcome = asdict(step.function(run, outcomes))
        return outcome | {"warnings": [*outcome["warnings"]]}  # Airflow shows a tuple as what it is stored as

    return do_step(client_name, before)


def form(client: Client) -> dict[str, Param]:
    """The trigger form; a scheduled run leaves it as it is."""
    day: dict[str, Any] = {"type": ["null", "string"], "format": "date"}
    fields = {
        "date": Param(None, title="Date", description="One day; empty: the last complete one, or a demo's last", **day),
        "date_from": Param(None, title="From", description="First business date of a range", **day),
        "date_to": Param(None, title="To", description="Last business date of the range", **day),
        "full_refresh": Param(
            False, type="boolean", title="Full refresh", description="Make the warehouse again from all that has landed"
        ),
    }
    if client.is_demo:
        size: dict[str, Any] = {"type": ["null", "integer"], "description": "Of the demo shop; empty: as in its file"}
        fields["customers"] = Param(None, minimum=1, title="Customers", **size)
        fields["transactions"] = Param(None, minimum=0, title="Transactions (order items)", **size)
    return fields


def sales_pipeline(dag_id: str, client: Client, paths: ClientPaths) -> DAG:
    """The client's pipeline."""
    name = client.client
    pool = f"warehouse_{name}"
    tell = partial(notify_failure, name)
    with DAG(
        dag_id,
        description=f"{client.name}: from the sources to the published sales warehouse",
        doc_md=DAG_DOC.format(name=client.name, client=name, schedule=client.schedule, time_zone=client.time_zone),
        schedule=CronTriggerTimetable(client.schedule, timezone=client.time_zone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIME_LIMIT,
        tags=["sales", name],
        default_args={
            "owner": "analytics",
            "pool": pool,
            "weight_rule": "upstream",  # a run that has begun goes first, so backfilled days do not interleave
            "retries": BUILD.retries,
            "execution_timeout": BUILD.time_limit,
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
            "on_failure_callback": tell,
        },
    ) as dag:
        done: dict[str, Any] = {}
        for step in steps_of(client):
            if step.name == BUILD.name:
                done[step.name] = dbt_group(paths, client.engine, pool, tell, step)
                build_after(done[step.name], *(done[need] for need in step.needs))
                continue
            # Without the place of the file: Airflow turns an asset off whose place changes, and the folder may move.
            outlets = [Asset(f"sales_analytics_{name}")] if step.name == PUBLISH.name else []
            before = {need: done[need] for need in step.needs if need != BUILD.name}
            done[step.name] = step_task(step, name, before, outlets=outlets)
            if BUILD.name in step.needs:
                done[BUILD.name] >> done[step.name]
    dag.params = ParamsDict(form(client))  # last: each task copies the parameters several times while it is made
    return dag


def broken_client(dag_id: str, error: ClientError) -> DAG:
    """A DAG that says what is wrong with a client file; the other clients' DAGs are not kept from running."""
    with DAG(dag_id, description="The client file is wrong", schedule=None, doc_md=str(error), tags=["sales"]) as dag:

        @task(doc_md=str(error))
        def read_client_file() -> None:
            """Says what is wrong with the client file."""
            raise error

        read_client_file()
    return dag


def dag_for(name: str) -> DAG | None:
    """The DAG of the client, or None when Airflow is about to run a task of another one."""
    dag_id = dag_id_of(name)
    if get_parsing_context().dag_id not in (None, dag_id):
        return None
    environment = Environment.from_process(name)
    try:
        return sales_pipeline(dag_id, environment.client(), environment.paths())
    except ClientError as error:
        return broken_client(dag_id, error)


for client_name in client_names(Environment.from_process().clients_dir):
    globals()[f"dag_of_{client_name}"] = dag_for(client_name)
