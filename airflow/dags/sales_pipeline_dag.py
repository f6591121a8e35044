"""One DAG per client file: extract, load, verify, build, publish, tell.

Wiring only: every task calls a public function that a person can also run by hand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, chain, get_parsing_context, task
from airflow.sdk.definitions.param import ParamsDict

from clients.config import ApiSource, Client, ClientError, DemoSource, FileSource, KafkaSource, client_names
from clients.environment import Environment
from clients.paths import ClientPaths
from dbt_groups import MANIFEST, build_after, dbt_group
from extract.extract_api_data import extract_products
from extract.extract_events import extract_events as extract_client_events
from extract.extract_files import extract_files as extract_client_files
from extract.generate_customer_data import generate
from landing.contract import Manifest
from load.load_to_db import load
from load.verify_database import verify
from notices import tell_failure, tell_success
from publish.data_model import write_data_model as publish_data_model
from publish.publisher import publish
from publish.summary import summarise
from run_inputs import current_inputs

TASK_TIMEOUT, RUN_TIMEOUT = timedelta(hours=2), timedelta(hours=6)

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
* **After a failure**: mend the cause, then clear the red task and what follows.
"""


def landed(manifests: Iterable[Manifest]) -> dict[str, Any]:
    """What an extract task hands on: counts for the log, warnings for the notification."""
    manifests = list(manifests)
    return {
        "deliveries": len(manifests),
        "rows": sum(manifest.rows for manifest in manifests),
        "warnings": [warning for manifest in manifests for warning in manifest.warnings],
    }


def extracted(client_name: str, step: str, extract: Callable[..., Iterable[Manifest]]) -> dict[str, Any]:
    """Run a public extract function for the run's newest business date, under the client's lock."""
    inputs = current_inputs(client_name)
    with inputs.lock(step):
        return landed(
            extract(
                inputs.client,
                inputs.paths,
                inputs.business_date,
                extracted_at=inputs.now,
                code_version=inputs.code_version,
            )
        )


@task
def generate_customers(client_name: str) -> dict[str, Any]:
    """Makes the demo shop's customers, orders and returns through each business date of the run."""
    inputs = current_inputs(client_name)
    with inputs.lock("generate_customers"):
        return landed(
            manifest
            for day in inputs.business_dates
            for manifest in generate(
                inputs.client, inputs.paths, day, extracted_at=inputs.now, code_version=inputs.code_version
            )
        )


@task
def extract_api_data(client_name: str) -> dict[str, Any]:
    """Fetches the products from the API; unreachable, it takes what the client file allows and warns."""
    return extracted(client_name, "extract_api_data", lambda *where, **when: [extract_products(*where, **when)])


@task
def extract_files(client_name: str) -> dict[str, Any]:
    """Lands the files that the client file names, as they are."""
    return extracted(client_name, "extract_files", extract_client_files)


@task
def extract_events(client_name: str) -> dict[str, Any]:
    """Lands what the client's Kafka topic has and landing has not, through the end that the topic has now."""
    return extracted(client_name, "extract_events", extract_client_events)


@task
def load_to_database(client_name: str) -> dict[str, Any]:
    """Loads every new delivery into `raw`, bad rows into `raw.quarantine`; a delivery already loaded is left alone."""
    inputs = current_inputs(client_name)
    with inputs.lock("load_to_database"):
        result = load(
            inputs.client, inputs.paths, run_id=inputs.run_id, now=inputs.now, full_refresh=inputs.full_refresh
        )
    return {"deliveries": len(result.deliveries), "rows": dict(result.tables), "warnings": list(result.warnings)}


@task
def verify_database(client_name: str) -> dict[str, Any]:
    """Fails the run unless `raw` holds all that has landed: rows, keys, money per day, no day in the future."""
    inputs = current_inputs(client_name)
    with inputs.lock("verify_database"):
        report = verify(inputs.client, inputs.paths, inputs.business_date)
    return {"rows": dict(report.tables), "data_through": report.data_through.isoformat()}


@task
def publish_warehouse(client_name: str) -> dict[str, Any]:
    """Puts the built and tested tables where readers look, in one step."""
    inputs = current_inputs(client_name)
    with inputs.lock("publish_warehouse"):
        publication = publish(
            inputs.client,
            inputs.paths,
            run_id=inputs.run_id,
            now=inputs.now,
            code_version=inputs.code_version,
            manifest=MANIFEST,
        )
    return {"version": publication.number, "data_through": publication.data_through.isoformat()}


@task
def write_report(client_name: str) -> str:
    """Writes the PDF of the last complete month beside the published file."""
    from report.document import write_report as write  # noqa: PLC0415 its charts take a second to import

    return str(write(current_inputs(client_name).paths.published_file))


@task
def write_data_model(client_name: str) -> str:
    """Writes dbt's documentation of the models beside the published file, when the models changed."""
    inputs = current_inputs(client_name)
    with inputs.lock("write_data_model") as lock:
        return str(publish_data_model(inputs.paths, os.environ, lock=lock))


@task
def send_notification(client_name: str, report: str, steps: list[Any]) -> None:
    """Tells the team revenue, orders, rows and every warning, with the report; a failed task tells for itself."""
    inputs = current_inputs(client_name)
    warnings = [warning for step in steps for warning in step["warnings"]]
    tell_success(inputs, summarise(inputs.paths), Path(report), warnings)


def form(client: Client) -> dict[str, Param]:
    """The trigger form; a scheduled run leaves it as it is."""
    day: dict[str, Any] = {"type": ["null", "string"], "format": "date"}
    fields = {
        "date": Param(None, title="Date", description="One business date; empty: the last complete day", **day),
        "date_from": Param(None, title="From", description="First business date of a range", **day),
        "date_to": Param(None, title="To", description="Last business date of the range", **day),
        "full_refresh": Param(
            False, type="boolean", title="Full refresh", description="Make the warehouse again from all that has landed"
        ),
    }
    if has_source(client, DemoSource):
        size: dict[str, Any] = {"type": ["null", "integer"], "description": "Of the demo shop; empty: as in its file"}
        fields["customers"] = Param(None, minimum=1, title="Customers", **size)
        fields["transactions"] = Param(None, minimum=0, title="Transactions (order items)", **size)
    return fields


def has_source(client: Client, kind: type) -> bool:
    """Whether the client has a source of the kind."""
    return any(isinstance(source, kind) for source in client.sources.values())


def sales_pipeline(dag_id: str, client: Client, paths: ClientPaths) -> DAG:
    """The client's pipeline."""
    name = client.client
    pool = f"warehouse_{name}"
    tell = partial(tell_failure, name)
    with DAG(
        dag_id,
        description=f"{client.name}: from the sources to the published sales warehouse",
        doc_md=DAG_DOC.format(name=client.name, client=name, schedule=client.schedule, time_zone=client.time_zone),
        schedule=CronTriggerTimetable(client.schedule, timezone=client.time_zone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT,
        tags=["sales", name],
        default_args={
            "owner": "analytics",
            "pool": pool,
            "weight_rule": "upstream",  # a run that has begun goes first, so backfilled days do not interleave
            "retries": 2,
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
            "execution_timeout": TASK_TIMEOUT,
            "on_failure_callback": tell,
        },
    ) as dag:
        steps = {
            DemoSource: generate_customers,
            ApiSource: extract_api_data,
            FileSource: extract_files,
            KafkaSource: extract_events,
        }
        extracted: list[Any] = [step(name) for kind, step in steps.items() if has_source(client, kind)]
        loaded = load_to_database(name)
        verified = verify_database(name)
        built = dbt_group(paths, pool, tell)
        # Without the place of the file: Airflow turns an asset off whose place changes, and the data folder may move.
        asset = Asset(f"sales_analytics_{name}")
        published = publish_warehouse.override(outlets=[asset])(name)
        report: Any = write_report(name)
        told = send_notification(name, report, [*extracted, loaded])
        chain(extracted, loaded, verified)
        build_after(built, verified)
        chain(built, published, [report, write_data_model(name)], told)
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
    dag_id = "sales_pipeline" if name == "demo" else f"sales_pipeline_{name}"
    if get_parsing_context().dag_id not in (None, dag_id):
        return None
    environment = Environment.from_process(name)
    try:
        return sales_pipeline(dag_id, environment.client(), environment.paths())
    except ClientError as error:
        return broken_client(dag_id, error)


for client_name in client_names(Environment.from_process().clients_dir):
    globals()[f"dag_of_{client_name}"] = dag_for(client_name)
