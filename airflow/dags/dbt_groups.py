"""dbt's models and tests as Airflow tasks: one dbt process builds, the tasks below it report.

DuckDB allows one writing process, so one task, in Cosmos' words the watcher's producer, runs one ``dbt build``, and
every model and every model's tests is a task that shows what became of it. The tasks wait until the producer has
ended: so none has to poll, and the same DAG also runs in one process without a scheduler.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.sdk import TaskGroup
from airflow.sdk.exceptions import AirflowException
from airflow.task.trigger_rule import TriggerRule
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior

from contracts.engine import Engine
from contracts.paths import ClientPaths
from cosmos_internals import allow_retry, is_report, node_of, report
from dbt_manifest import DRAWN
from pipeline.dbt import PROJECT
from pipeline.run import Step
from publish.build_file import start_build
from publish.failing_rows import failing_keys

PRODUCER, PRODUCER_DONE = "dbt_producer_watcher", "dbt_producer_watcher_done"
FAILED = ("error", "fail", "runtime error")

PRODUCER_DOC = """Builds and tests all models with one `dbt build`; its log is dbt's. Cleared, it builds all of
them again. Unit tests do not run here: they need no data, so `make test` runs them."""
EPHEMERAL_DOC = "Part of the SQL of the models that read it; nothing of its own runs."
REPORT_DOC = """Shows what became of one model, or of the tests of one model, in the `dbt build`. Cleared
alone, it runs dbt for itself, so after mending a model or its data clear the red task and what follows."""


def dbt_group(
    paths: ClientPaths, engine: Engine, pool: str, notify_failure: Callable[[Any], None], step: Step
) -> TaskGroup:
    """The client's dbt build as a group of tasks, its models and tests in a group per layer.

    It tells what follows how it ended through its models and tests alone. What precedes it is set with ``build_after``.
    A failed build is reported once, by ``notify_failure``.
    """
    variables = {
        "SALES_CLIENT": paths.client,
        "SALES_DATA_DIR": str(paths.data),
        **engine.variables(),
        "DBT_TARGET_PATH": "target",  # Cosmos looks for dbt's files inside the copy of the project it makes for a run
        "DBT_LOG_PATH": "logs",
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
    }
    group: TaskGroup = DbtTaskGroup(
        group_id="dbt",
        prefix_group_id=False,  # so that a model keeps its id inside its layer
        project_config=ProjectConfig(
            dbt_project_path=PROJECT, manifest_path=DRAWN, env_vars=variables, install_dbt_deps=False
        ),
        profile_config=ProfileConfig(
            profile_name="sales_analytics", target_name="duckdb", profiles_yml_filepath=PROJECT / "profiles.yml"
        ),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            invocation_mode=InvocationMode.DBT_RUNNER,
            dbt_executable_path=Path(sys.executable).with_name("dbt"),  # also where .venv/bin is not on the PATH
            setup_operator_args={
                # As a process of its own dbt tells Airflow of a node once, inside the task's process six times: with
                # 170 nodes 11 s against 31 s (docs/decisions/0001).
                "invocation_mode": InvocationMode.SUBPROCESS,
                "pre_execute": partial(allow_rebuild, paths, engine),
                "on_failure_callback": notify_failure,
                "doc_md": PRODUCER_DOC,
            },
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            select=["path:models"],  # and the tests of what is there, but not dbt's hooks
            test_behavior=TestBehavior.AFTER_EACH,  # BUILD breaks the import in this mode
            emit_datasets=False,  # readers may only follow what was published
        ),
        operator_args={
            "pool": pool,  # one slot: a task that runs dbt for itself must not meet another writer
            "retries": step.retries,  # a model that dbt skipped builds itself on the second try
            "retry_delay": timedelta(seconds=2),
            "retry_exponential_backoff": False,
            "poke_interval": 1,
            "full_refresh": True if engine.is_spark else "{{ params.full_refresh }}",
            "callback": raise_dbt_error,
            "callback_args": {"warehouse": str(paths.warehouse)},
            "on_failure_callback": None,
            "doc_md": REPORT_DOC,
        },
    )
    nodes = json.loads(DRAWN.read_text(encoding="utf-8"))["nodes"]
    _report_after_what_is_compared(group, nodes)
    _show_layers(group, {node["name"]: "/".join(node["fqn"][1:-1]) for node in nodes.values()})
    return group


def _report_after_what_is_compared(group: TaskGroup, nodes: Mapping[str, Any]) -> None:
    """Let a model's test task follow those of the models that its tests compare it with."""
    last: dict[str, Any] = {}
    for task in group.iter_tasks():
        if is_report(task):
            setattr(task, "poke", report)  # noqa: B010 mypy knows no poke of an operator
            last[node_of(task)] = task  # of a model with tests they come second
    for node in nodes.values():
        for other in node.get("compared_with", ()):
            (model,) = node["depends_on"]["nodes"]
            last[other] >> last[model]


def _show_layers(group: TaskGroup, folders: Mapping[str, str]) -> None:
    """Sort the models into the layers of dbt_project/models, by their folder there.

    Not with Cosmos' ``group_nodes_by_folder``: it puts the folder into the ids of the tasks, and core and
    intermediate are one layer, as they read each other and Airflow draws nothing where groups go in a circle; so are
    staging and what says which delivered rows count. Two Cosmos groups would cost a second dbt process.
    """
    layers = {name: TaskGroup(name, prefix_group_id=False, parent_group=group) for name in ("staging", "core", "marts")}
    shown = {"staging": "staging", "intermediate/delivered": "staging", "core": "core", "intermediate": "core"}
    child: Any
    for key, child in list(group.children.items()):
        if child.label in (PRODUCER, PRODUCER_DONE, *layers):
            continue
        layer = layers[shown.get(folders[str(child.label).removesuffix("_run")], "marts")]
        layer.children[key] = group.children.pop(key)
        if isinstance(child, TaskGroup):
            child.parent_group = layer
        else:
            child.task_group = layer
            child.doc_md = child.doc_md or EPHEMERAL_DOC


def build_after(group: TaskGroup, *upstream: Any) -> None:
    """Start the build after ``upstream``, and let its models and tests wait until the build has ended, well or not.

    Each shows its own outcome then: what failed is red, what passed is green, and what was skipped waits for a clear.
    """
    inside = {task.task_id for task in group.iter_tasks()}
    first = [task for task in group.iter_tasks() if not task.upstream_task_ids & inside]
    producer = next(task for task in first if task.label == PRODUCER)
    done: Any = group.children[PRODUCER_DONE]
    done.trigger_rule = TriggerRule.ALL_DONE
    for step in upstream:
        step >> first
    done >> [task for task in first if task is not producer]


def allow_rebuild(paths: ClientPaths, engine: Engine, context: Mapping[str, Any]) -> None:
    """Before the producer: let a retry and a clear build, and a full refresh make a new file."""
    allow_retry(context)
    start_build(paths, engine.kind, full_refresh=context["params"]["full_refresh"])


def raise_dbt_error(project: str, context: Mapping[str, Any], warehouse: str) -> None:  # noqa: ARG001 Cosmos passes it
    """After dbt: raise AirflowException with the names, messages and first rows of what failed.

    Cosmos only has the exit code.
    """
    path = Path(project) / "target" / "run_results.json"
    if not path.is_file():
        log = Path(project) / "logs" / "dbt.log"
        events = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        if error := next((event for event in reversed(events) if '"MainEncounteredError"' in event), None):
            reason = " ".join(json.loads(error)["data"]["exc"].split())
            raise AirflowException(f"dbt stopped before it built anything: {reason}")
        return
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    failed = [result for result in results if result["status"] in FAILED]
    if failed:
        rows = failing_keys(Path(warehouse), [result["unique_id"] for result in failed])
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        raise AirflowException(f"dbt failed: {'; '.join(_described(result, rows) for result in failed[:3])}{more}")


def _described(result: Mapping[str, Any], rows: Mapping[str, str]) -> str:
    """Name, message and, of a test, the first rows; short, because a notification has room for little."""
    unique_id = result["unique_id"]
    message = " ".join(str(result["message"]).split()).removesuffix(", configured to fail if != 0")
    example = f": {rows[unique_id]}" if unique_id in rows else ""
    return f"{unique_id.split('.')[2]} ({message}{example})"
