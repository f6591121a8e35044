"""dbt's models and tests as Airflow tasks: one dbt process builds, the tasks below it report.

DuckDB allows one writing process, so one task, in Cosmos' words the watcher's producer, runs one ``dbt build``, and
every model and every model's tests is a task that shows what became of it. The tasks wait until the producer has
ended: so none has to poll, and the same DAG also runs in one process without a scheduler.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from airflow.sdk import TaskGroup
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.task.trigger_rule import TriggerRule
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior
from cosmos.operators._watcher.aggregation import get_tests_status_xcom_key
from cosmos.operators._watcher.base import BaseConsumerSensor
from cosmos.operators._watcher.state import get_status_xcom_key, is_dbt_node_status_success

from clients.paths import ClientPaths
from pipeline.dbt import PROJECT
from pipeline.run import Step
from publish.build_file import start_build
from publish.failing_rows import failing_keys

MANIFEST = PROJECT / "target" / "manifest.json"
PRODUCER, PRODUCER_DONE = "dbt_producer_watcher", "dbt_producer_watcher_done"
FAILED = ("error", "fail", "runtime error")

PRODUCER_DOC = """Builds and tests all models with one `dbt build`; its log is dbt's. Cleared, it builds all of
them again. Unit tests do not run here: they need no data, so `make test` runs them."""
EPHEMERAL_DOC = "Part of the SQL of the models that read it; nothing of its own runs."
REPORT_DOC = """Shows what became of one model, or of the tests of one model, in the `dbt build`. Cleared
alone, it runs dbt for itself, so after mending a model or its data clear the red task and what follows."""


def dbt_group(paths: ClientPaths, pool: str, tell_failure: Callable[[Any], None], step: Step) -> TaskGroup:
    """The client's dbt build as a group of tasks, its models and tests in a group per layer.

    It tells what follows how it ended through its models and tests alone. What precedes it is set with ``build_after``.
    A failed build is told once, by ``tell_failure``.
    """
    variables = {
        "SALES_CLIENT": paths.client,
        "SALES_DATA_DIR": str(paths.data),
        "DBT_TARGET_PATH": "target",  # Cosmos looks for dbt's files inside the copy of the project it makes for a run
        "DBT_LOG_PATH": "logs",
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
    }
    group: TaskGroup = DbtTaskGroup(
        group_id="dbt",
        prefix_group_id=False,  # so that a model keeps its id inside its layer
        project_config=ProjectConfig(
            dbt_project_path=PROJECT, manifest_path=MANIFEST, env_vars=variables, install_dbt_deps=False
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
                "pre_execute": partial(build_again, paths),
                "on_failure_callback": tell_failure,
                "doc_md": PRODUCER_DOC,
            },
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            select=["path:models"],  # and the tests of what is there, but not dbt's hooks
            test_behavior=TestBehavior.AFTER_EACH,  # BUILD breaks the import in this mode
            should_detach_multiple_parents_tests=True,  # else a failing relationship turns both of its models red
            emit_datasets=False,  # readers may only follow what was published
        ),
        operator_args={
            "pool": pool,  # one slot: a task that runs dbt for itself must not meet another writer
            "retries": step.retries,  # a model that dbt skipped builds itself on the second try
            "retry_delay": timedelta(seconds=2),
            "retry_exponential_backoff": False,
            "poke_interval": 1,
            "full_refresh": "{{ params.full_refresh }}",
            "callback": raise_what_failed,
            "callback_args": {"warehouse": str(paths.warehouse)},
            "on_failure_callback": None,
            "doc_md": REPORT_DOC,
        },
    )
    _report_each_test_once(group)
    _report_with_the_model_built_last(group)
    _show_layers(group)
    for task in group.iter_tasks():
        if isinstance(task, BaseConsumerSensor):
            task.poke = report
    return group


def _report_each_test_once(group: TaskGroup) -> None:
    """Let the producer report a test of several models to its own task only.

    Cosmos reports it to each of its models, which turns red for another's fault, and never to its own task, which
    then waits for the triggerer and, when anything failed, runs dbt for itself.
    """
    tasks: list[Any] = list(group.iter_tasks())
    producer = next(task for task in tasks if task.label == PRODUCER)
    nodes = {getattr(task, "model_unique_id", "") for task in tasks}
    detached = {node for node in nodes if node.startswith("test.")}
    for model, tests in producer.tests_per_model.items():
        producer.tests_per_model[model] = [test for test in tests if test not in detached]
    producer.tests_per_model.update({test: [test] for test in detached})


def _report_with_the_model_built_last(group: TaskGroup) -> None:
    """Let a model's test task also report the tests that compare it with models built before it.

    A task of its own for each would be a third of all tests' tasks.
    """
    nodes = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"]
    tasks: list[Any] = list(group.iter_tasks())
    producer = next(task for task in tasks if task.label == PRODUCER)
    sensors = {task.model_unique_id: task for task in tasks if getattr(task, "is_test_sensor", False)}
    groups = group.get_task_group_dict().values()
    order = list(TopologicalSorter(_built_or_compared_after(nodes)).static_order())
    for test, task in list(sensors.items()):
        if nodes.get(test, {}).get("resource_type") != "test":
            continue
        model = max((one for one in nodes[test]["depends_on"]["nodes"] if one in sensors), key=order.index)
        producer.tests_per_model[model].append(test)
        reporter = sensors[model]
        reporter.exclude = " ".join(name for name in reporter.exclude.split() if name != nodes[test]["name"])
        for before in task.upstream_list:
            before.downstream_task_ids.discard(task.task_id)
            if before is not reporter:
                before >> reporter
        for model_group in groups:  # Airflow draws nothing at all when an edge leads nowhere
            model_group.downstream_task_ids.discard(task.task_id)
        del task.task_group.children[task.task_id], task.dag.task_dict[task.task_id]


def _built_or_compared_after(nodes: Mapping[str, Any]) -> dict[str, set[str]]:
    """What each model follows: the models that it reads, and those that its own tests compare it with.

    Of two models that do not read each other, the one that declares the test follows.
    """
    after = {name: {*node["depends_on"]["nodes"]} for name, node in nodes.items() if node["resource_type"] == "model"}
    for node in nodes.values():
        if model := node.get("attached_node"):
            others = {*node["depends_on"]["nodes"]} - {model}
            after[model] |= {other for other in others if model not in _ancestors(other, after)}
    return after


def _ancestors(node: str, parents: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    ahead = [node]
    while ahead:
        new = set(parents.get(ahead.pop(), [])) - found
        found |= new
        ahead += new
    return found


def _show_layers(group: TaskGroup) -> None:
    """Sort the models, and the tests of several models, into the layers of dbt_project/models.

    Two Cosmos groups would cost a second dbt process and show a test between the layers in both.
    """
    rendered = list(group.children.items())
    names = ("staging", "core", "marts")
    layers = {name: TaskGroup(name, prefix_group_id=False, parent_group=group) for name in names}
    child: Any
    for key, child in rendered:
        if child.label in (PRODUCER, PRODUCER_DONE):
            continue
        layer = layers[_layer_of(str(child.label))]
        layer.children[key] = group.children.pop(key)
        if isinstance(child, TaskGroup):
            child.parent_group = layer
        else:
            child.task_group = layer
            child.doc_md = child.doc_md or EPHEMERAL_DOC


def _layer_of(name: str) -> str:
    """The layer of a model or test, by the first table that its name names.

    Core and intermediate are one: they read each other, and Airflow draws nothing where groups go in a circle.
    """
    found = re.search(r"stg_|dim_|fct_|int_|mart_", name)
    layers = {"stg_": "staging", "dim_": "core", "fct_": "core", "int_": "core"}
    return layers.get(found[0] if found else "", "marts")


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


def build_again(paths: ClientPaths, context: Mapping[str, Any]) -> None:
    """Before the producer: let a retry and a clear build, and a full refresh make a new file.

    Cosmos skips a second try, for fear of a report that runs dbt at the same time; here reports come after it.
    """
    context["ti"].try_number = 1
    start_build(paths, full_refresh=context["params"]["full_refresh"])


def report(context: Mapping[str, Any]) -> bool:
    """What a report's task does: nothing more when the producer was successful with its node, else what Cosmos would.

    Takes the place of Cosmos' ``poke``, which asks Airflow five times for what one answer says, and on a second try
    runs dbt again; a model that is built after the tables made from it fails the publisher's gate. Where the producer
    failed before it came to this node, Cosmos would run dbt for each; raises AirflowFailException.
    """
    task, ti = context["task"], context["ti"]
    key = get_tests_status_xcom_key if task.is_test_sensor else get_status_xcom_key
    told = ti.xcom_pull(task_ids=task.producer_task_id, key=key(task.model_unique_id))
    if is_dbt_node_status_success(told.get("status") if isinstance(told, dict) else told):
        if not task.is_test_sensor:
            task._cache_compiled_sql(ti, context)  # which the UI shows
        return True
    if told is None and ti.try_number == 1:
        states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[task.producer_task_id], run_ids=[ti.run_id])
        if states[ti.run_id][task.producer_task_id] == "failed":
            raise AirflowFailException(
                f"The build failed before it came to this; see the log of {task.producer_task_id}."
            )
    return bool(type(task).poke(task, context))


def raise_what_failed(project: str, context: Mapping[str, Any], warehouse: str) -> None:  # noqa: ARG001 Cosmos passes it
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
        raise AirflowException(f"dbt failed: {'; '.join(_told(result, rows) for result in failed[:3])}{more}")


def _told(result: Mapping[str, Any], rows: Mapping[str, str]) -> str:
    """Name, message and, of a test, the first rows; short, because a notification has room for little."""
    unique_id = result["unique_id"]
    message = " ".join(str(result["message"]).split()).removesuffix(", configured to fail if != 0")
    example = f": {rows[unique_id]}" if unique_id in rows else ""
    return f"{unique_id.split('.')[2]} ({message}{example})"
