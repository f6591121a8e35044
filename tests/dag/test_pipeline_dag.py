"""The DAGs as Airflow reads them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.sdk.exceptions import AirflowException, ParamValidationError

from contracts.client_file import client_names, load_client
from contracts.engine import Engine
from contracts.environment import CHECKOUT
from contracts.paths import ClientPaths
from dbt_groups import allow_rebuild, raise_dbt_error
from dbt_manifest import MANIFEST
from notifications import notify_failure
from pipeline.dag_ids import dag_id_of
from pipeline.steps import BUILD, steps_of
from tests.warehouse_files import opened

STEPS = ["generate_customers", "extract_api_data", "load_to_database", "verify_database"]


def upstream_of(dag: Any, task_id: str) -> set[str]:
    """Every task that must end before this one starts."""
    return set(dag.get_task(task_id).get_flat_relative_ids(upstream=True))


def test_there_is_one_dag_for_each_client_file(dags: dict[str, Any]) -> None:
    names = client_names(CHECKOUT / "clients")
    assert "demo" in names
    assert set(dags) == {"sales_pipeline", *(f"sales_pipeline_{name}" for name in names if name != "demo")}


def test_the_kinds_of_a_clients_sources_decide_how_it_extracts(dags: dict[str, Any]) -> None:
    def extracts(dag: Any) -> set[str]:
        return {task.task_id for task in dag.tasks} & {"generate_customers", "extract_api_data", "extract_files"}

    assert extracts(dags["sales_pipeline"]) == {"generate_customers", "extract_api_data"}
    assert extracts(dags["sales_pipeline_jaffle_shop"]) == {"extract_files"}
    assert extracts(dags["sales_pipeline_online_retail"]) == {"extract_files"}


def test_every_step_waits_for_the_one_before(demo: Any) -> None:
    assert upstream_of(demo, "load_to_database") == {"generate_customers", "extract_api_data"}
    assert upstream_of(demo, "verify_database") == {*STEPS} - {"verify_database"}
    built = {task.task_id for task in demo.task_group.children["dbt"].iter_tasks()}
    assert all({*STEPS} <= upstream_of(demo, task_id) for task_id in built)
    assert upstream_of(demo, "publish_warehouse") == {*STEPS, *built}
    assert upstream_of(demo, "send_notification") == {
        *(*STEPS, *built, "publish_warehouse", "write_report", "write_data_model")
    }


def test_no_model_or_test_is_reached_when_verify_fails(demo: Any) -> None:
    """The task that ends the build always succeeds, so what it lets start must need verify itself, too."""
    started = demo.get_task("dbt_producer_watcher_done").downstream_task_ids
    assert started
    assert all("verify_database" in demo.get_task(task_id).upstream_task_ids for task_id in started)
    rules = {task.task_id: task.trigger_rule.value for task in demo.tasks if task.trigger_rule != "all_success"}
    assert rules == {"dbt_producer_watcher_done": "all_done"}


def test_the_models_and_tests_of_dbt_are_tasks_in_a_group_per_layer(demo: Any) -> None:
    layers = demo.task_group.children["dbt"].children
    names = ("staging", "core", "marts")
    assert set(layers) == {*names, "dbt_producer_watcher", "dbt_producer_watcher_done"}
    staging, core, marts = ({task.task_id for task in layers[name].iter_tasks()} for name in names)
    assert {"stg_customers.run", "stg_customers.test", "stg_events.run", "int_superseded.run"} <= staging
    assert {"dim_customers.run", "fct_transactions.test", "int_daily_sales.run", "int_product_days.test"} <= core
    assert {"mart_daily_sales.test", "mart_customer_segments.run"} <= marts
    assert all(task_id.startswith(("stg_", "int_")) for task_id in staging)
    assert not any("mart_" in task_id for task_id in core)


def test_airflow_can_draw_the_graph_of_every_dag(dags: dict[str, Any]) -> None:
    """The edges name tasks and groups by id; one that leads nowhere, or a circle, leaves the whole graph empty."""
    from airflow.serialization.definitions.dag import SerializedDAG  # noqa: PLC0415 after the settings
    from airflow.serialization.serialized_objects import DagSerialization  # noqa: PLC0415
    from airflow.utils.dag_edges import dag_edges  # noqa: PLC0415

    for dag in dags.values():
        drawn = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        assert isinstance(drawn, SerializedDAG)
        groups = drawn.task_group_dict
        assert {"dbt", "staging", "core", "marts", "stg_customers", "fct_orders"} <= set(groups)
        for group in groups.values():
            in_order = group.topological_sort(group_dict=groups)
            assert len(in_order) == len(group.children), group.group_id
            assert group.upstream_group_ids | group.downstream_group_ids <= set(groups), group.group_id
            assert group.upstream_task_ids | group.downstream_task_ids <= set(drawn.task_dict), group.group_id
        ends = {edge[end] for edge in dag_edges(drawn) for end in ("source_id", "target_id")}
        nodes = {*drawn.task_dict, *(f"{name}.{side}stream_join_id" for name in groups for side in ("up", "down"))}
        assert ends <= nodes


def test_every_model_and_test_of_the_manifest_is_reported_to_a_task_before_publishing(demo: Any) -> None:
    nodes = json.loads(MANIFEST.read_text())["nodes"]
    models = {node_id for node_id, node in nodes.items() if node["resource_type"] == "model"}
    tests = {node_id for node_id, node in nodes.items() if node["resource_type"] == "test"}
    ephemeral = {node_id for node_id in models if nodes[node_id]["config"]["materialized"] == "ephemeral"}
    reports = [task for task in demo.tasks if hasattr(task, "model_unique_id")]
    assert {task.model_unique_id for task in reports if not task.is_test_sensor} == models - ephemeral
    reported = demo.get_task("dbt_producer_watcher").tests_per_model
    watched = {task.model_unique_id for task in reports if task.is_test_sensor}
    assert sorted(test for model in watched for test in reported[model]) == sorted(tests)
    before_publishing = upstream_of(demo, "publish_warehouse")
    assert {task.task_id for task in reports} <= before_publishing


def test_what_compares_several_models_is_reported_with_the_one_built_last(demo: Any) -> None:
    reported = {
        model.split(".")[-1]: {test.split(".")[2] for test in tests}
        for model, tests in demo.get_task("dbt_producer_watcher").tests_per_model.items()
    }
    assert {"mart_daily_sales_rules", "reconcile_daily_sales"} <= reported["mart_daily_sales"]
    assert "mart_daily_sales_rules" not in reported["dim_date"]
    daily_sales, dates = demo.get_task("mart_daily_sales.test"), demo.get_task("dim_date.test")
    assert "mart_daily_sales_rules" not in (daily_sales.exclude or "")
    assert "mart_daily_sales_rules" in dates.exclude
    assert "dim_date.test" in daily_sales.upstream_task_ids
    assert "fct_orders_references" in reported["dim_customers"]
    assert "fct_orders_references" not in reported["fct_orders"]
    assert "fct_orders_references" in demo.get_task("fct_orders.test").exclude


def test_a_model_is_two_tasks_and_its_tests_are_no_more(demo: Any) -> None:
    """Each costs 0.13 CPU-s of Airflow's own."""
    nodes = json.loads(MANIFEST.read_text())["nodes"].values()
    models = sum(node["resource_type"] == "model" for node in nodes)
    assert sum(hasattr(task, "model_unique_id") for task in demo.tasks) <= 2 * models


def test_every_task_has_an_owner_a_timeout_retries_and_says_what_it_does(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag.doc_md
        assert "sales" in dag.tags
        for task in dag.tasks:
            assert task.owner == "analytics", task.task_id
            assert task.doc_md, task.task_id
            assert task.execution_timeout, task.task_id
            assert task.retries >= 1, task.task_id


def test_the_steps_are_those_declared_and_are_retried_with_growing_delays(dags: dict[str, Any]) -> None:
    for name in ("demo", "jaffle_shop"):
        dag, declared = dags[dag_id_of(name)], steps_of(load_client(name, CHECKOUT / "clients", {}))
        steps = {step.name: step for step in declared if step.name != BUILD.name}
        built = {task.task_id for task in dag.task_group.children[BUILD.name].iter_tasks()}
        assert {task.task_id for task in dag.tasks} - built == {*steps}
        for task_id, step in steps.items():
            task = dag.get_task(task_id)
            assert (task.retries, task.execution_timeout) == (step.retries, step.time_limit)
            assert task.retries == 2
            assert task.retry_exponential_backoff


def test_a_shop_on_spark_has_a_task_for_it_before_the_same_ones(
    read_dags: Callable[[], Any], demo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = "engine: {kind: spark, master: 'spark://10.0.0.5:7077'}\n"
    (tmp_path / "demo.yml").write_text((CHECKOUT / "clients" / "demo.yml").read_text() + engine)
    monkeypatch.setenv("SALES_CLIENTS_DIR", str(tmp_path))
    dag = read_dags().dags["sales_pipeline"]
    assert {task.task_id for task in dag.tasks} == {"build_on_spark", *(task.task_id for task in demo.tasks)}
    assert dag.get_task("build_on_spark").upstream_task_ids == {"verify_database"}
    producer = dag.get_task("dbt_producer_watcher")
    assert "build_on_spark" in producer.upstream_task_ids
    assert producer.full_refresh is True
    given = {"SALES_ENGINE": "spark", "SALES_SPARK_MASTER": "spark://10.0.0.5:7077"}
    assert given.items() <= producer.env.items()


def test_a_failed_step_is_told_and_a_failed_build_is_told_once(demo: Any) -> None:
    def tells(task: Any) -> bool:
        return any(getattr(callback, "func", None) is notify_failure for callback in task.on_failure_callback)

    steps = [*STEPS, "dbt_producer_watcher", "publish_warehouse", "write_report", "send_notification"]
    assert [task_id for task_id in steps if not tells(demo.get_task(task_id))] == []
    assert [task.task_id for task in demo.tasks if hasattr(task, "model_unique_id") and tells(task)] == []


def test_one_task_at_a_time_may_touch_a_clients_warehouse(dags: dict[str, Any]) -> None:
    pools = {dag_id: {task.pool for task in dag.tasks} for dag_id, dag in dags.items()}
    assert pools["sales_pipeline"] == {"warehouse_demo"}
    assert pools["sales_pipeline_jaffle_shop"] == {"warehouse_jaffle_shop"}


def test_the_schedule_is_two_in_the_morning_of_the_client_and_runs_do_not_pile_up(dags: dict[str, Any]) -> None:
    demo = dags["sales_pipeline"]
    assert (demo.timetable.expression, str(demo.timetable.timezone)) == ("0 2 * * *", "America/New_York")
    assert str(dags["sales_pipeline_online_retail"].timetable.timezone) == "Europe/London"
    assert (demo.catchup, demo.max_active_runs) == (False, 1)
    assert demo.dagrun_timeout


def test_publishing_tells_who_waits_for_the_data(demo: Any) -> None:
    (asset,) = demo.get_task("publish_warehouse").outlets
    # Nothing of the data folder in it: Airflow turns an asset off whose URI changes.
    assert (asset.name, asset.uri) == ("sales_analytics_demo", "sales_analytics_demo")
    assert [task.task_id for task in demo.tasks if task.outlets] == ["publish_warehouse"]


def test_the_form_takes_days_a_full_refresh_and_the_size_of_a_demo(dags: dict[str, Any]) -> None:
    form = {"date", "date_from", "date_to", "full_refresh"}
    assert set(dags["sales_pipeline"].params) == {*form, "customers", "transactions"}
    assert set(dags["sales_pipeline_jaffle_shop"].params) == form


@pytest.mark.parametrize(
    ("field", "wrong"), [("date", "31.10.2026"), ("date", 20261031), ("customers", 0), ("transactions", -1)]
)
def test_the_form_refuses_what_is_no_day_or_size(demo: Any, field: str, wrong: object) -> None:
    with pytest.raises(ParamValidationError):
        demo.params.get_param(field).resolve(wrong)


def test_dbt_builds_for_the_client_and_from_scratch_only_when_asked(demo: Any) -> None:
    producer = demo.get_task("dbt_producer_watcher")
    assert producer.full_refresh == "{{ params.full_refresh }}"
    assert producer.env["SALES_CLIENT"] == "demo"
    assert producer.env["SALES_DATA_DIR"]


@pytest.mark.parametrize("full_refresh", [True, False])
def test_a_full_refresh_builds_in_a_new_file(tmp_path: Path, full_refresh: bool) -> None:
    paths = ClientPaths(tmp_path, "demo")
    paths.build.parent.mkdir(parents=True)
    with opened(paths) as files:
        files.execute("create schema warehouse.audit")
        files.execute("create table warehouse.audit.dbt_invocations (invocation_id varchar, invocation_number bigint)")
        files.execute("insert into warehouse.audit.dbt_invocations values ('one', 1)")
        files.execute("create table build.main.built_by as select 'one' as invocation_id")
    allow_rebuild(paths, Engine(), {"ti": SimpleNamespace(try_number=2), "params": {"full_refresh": full_refresh}})
    assert paths.build.exists() is not full_refresh


def test_a_wrong_client_file_is_a_dag_that_says_so_and_leaves_the_others_alone(
    read_dags: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = (CHECKOUT / "clients" / "demo.yml").read_text()
    topic = "{kind: kafka, bootstrap_servers: 'kafka:9092', topic: t, group: g, columns: {event_id: id}}"
    (tmp_path / "demo.yml").write_text(demo.replace("events: {kind: demo}", f"events: {topic}"))
    (tmp_path / "typo.yml").write_text("client: typo\nname: Typo\n")
    monkeypatch.setenv("SALES_CLIENTS_DIR", str(tmp_path))
    bag = read_dags()
    assert bag.import_errors == {}
    assert set(bag.dags) == {"sales_pipeline", "sales_pipeline_typo"}
    assert len(bag.dags["sales_pipeline"].tasks) > 10
    extracts = {"generate_customers", "extract_api_data", "extract_events"}
    assert upstream_of(bag.dags["sales_pipeline"], "load_to_database") == extracts
    (task,) = bag.dags["sales_pipeline_typo"].tasks
    with pytest.raises(Exception, match=r"typo\.yml is not a valid client file"):
        task.python_callable()


def test_a_failed_task_is_told_with_its_cause_and_where_to_clear_it(caplog: pytest.LogCaptureFixture) -> None:
    ti = SimpleNamespace(task_id="verify_database", run_id="scheduled__2026-11-01", log_url="http://127.0.0.1:8080/x")
    with caplog.at_level(logging.INFO, "notify.sender"):
        notify_failure("demo", {"ti": ti, "exception": ValueError("raw.orders: expected 40 rows, found 37")})
    assert caplog.messages[:3] == [
        "Demo Shop: verify_database failed",
        "Cause: raw.orders: expected 40 rows, found 37",
        "Next step: Fix the cause, then clear the task and what follows: http://127.0.0.1:8080/x",
    ]


def test_a_failed_build_names_the_tests_that_failed(tmp_path: Path) -> None:
    results = [
        {"unique_id": "test.shop.orders_rules.1", "status": "fail", "message": "Got 3 results"},
        {"unique_id": "model.shop.fct_orders", "status": "success", "message": "OK"},
        {"unique_id": "model.shop.dim_date", "status": "error", "message": "Binder Error\n  no column"},
        {"unique_id": "model.shop.mart", "status": "skipped", "message": None},
    ]
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "run_results.json").write_text(json.dumps({"results": results}))
    expected = r"dbt failed: orders_rules \(Got 3 results\); dim_date \(Binder Error no column\)$"
    with pytest.raises(AirflowException, match=expected):
        raise_dbt_error(str(tmp_path), {}, str(tmp_path / "none"))
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(
            "create schema audit; create table audit.failing_rows as "
            "select 'test.shop.orders_rules.1' as unique_id, 'unique' as rule_name, 'order_id' as tested_column, "
            """row_number, '{"order_id": "A' || row_number || '", "occurrences": 2}' as row_content """
            "from range(1, 5) as rows (row_number)"
        )
    with pytest.raises(
        AirflowException,
        match=r"orders_rules \(Got 3 results: unique of order_id: order_id A1 \| order_id A2 \| order_id A3\);",
    ):
        raise_dbt_error(str(tmp_path), {}, str(tmp_path / "shop.duckdb"))
    (tmp_path / "target" / "run_results.json").write_text(json.dumps({"results": results[1:2]}))
    raise_dbt_error(str(tmp_path), {}, str(tmp_path / "none"))


def test_a_build_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The log is dbt's own, of a build whose warehouse another process has open."""
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text("select 1 as one")
    output = {"type": "duckdb", "path": str(tmp_path / "held.duckdb")}
    (tmp_path / "profiles.yml").write_text(json.dumps({"shop": {"target": "t", "outputs": {"t": output}}}))
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--profiles-dir", ".", "--log-format", "json"]
    with duckdb.connect(output["path"]):
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 2
    with pytest.raises(AirflowException, match=r"dbt stopped before it built anything: .*Could not set lock on file"):
        raise_dbt_error(str(tmp_path), {}, str(tmp_path / "none"))
