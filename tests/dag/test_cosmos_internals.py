"""What has no public name in Cosmos is there, and does what the DAGs need of it."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from cosmos.operators._watcher.aggregation import get_tests_status_xcom_key
from cosmos.operators._watcher.state import get_status_xcom_key, is_dbt_node_status_success
from cosmos.operators.watcher import DbtConsumerWatcherSensor

from cosmos_internals import allow_retry, is_report, node_of, report


def test_a_report_names_its_model_its_build_and_whether_it_is_of_tests(demo: Any) -> None:
    run, test = demo.get_task("fct_orders.run"), demo.get_task("fct_orders.test")
    assert is_report(run)
    assert is_report(test)
    assert not is_report(demo.get_task("dbt_producer_watcher"))
    assert node_of(run) == node_of(test) == "model.sales_analytics.fct_orders"
    assert (run.is_test_sensor, test.is_test_sensor) == (False, True)
    assert run.producer_task_id == "dbt_producer_watcher"


def test_what_the_build_says_of_a_node_is_where_a_report_looks() -> None:
    assert get_status_xcom_key("model.shop.a") == "model__shop__a_status"
    assert get_tests_status_xcom_key("model.shop.a") == "model__shop__a_tests_status"
    statuses = ("success", "pass", "warn", "failed", "fail", "error", "skipped", None)
    assert [status for status in statuses if is_dbt_node_status_success(status)] == ["success", "pass", "warn"]


def test_a_reports_sql_is_kept_for_the_ui() -> None:
    assert list(inspect.signature(DbtConsumerWatcherSensor._cache_compiled_sql).parameters) == ["self", "ti", "context"]


def test_cosmos_skips_a_second_try_of_the_build_unless_it_is_taken_for_the_first(
    demo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosmos.operators.watcher._restore_xcom_from_variable", lambda _: None)
    producer, ti = demo.get_task("dbt_producer_watcher"), SimpleNamespace(try_number=2)
    with pytest.raises(AirflowSkipException, match="does not support Airflow retries"):
        type(producer).execute(producer, {"ti": ti, "task": producer})
    allow_retry({"ti": ti})
    assert ti.try_number == 1


@pytest.mark.parametrize("tries", [1, 2])
@pytest.mark.parametrize(
    ("task_id", "told", "is_done"),
    [
        ("fct_orders.run", {"status": "success"}, True),
        ("fct_orders.run", {"status": "failed"}, False),
        ("fct_orders.test", "pass", True),
        ("fct_orders.test", "fail", False),
    ],
)
def test_a_report_leaves_to_cosmos_what_the_newest_build_was_not_successful_with(
    demo: Any, monkeypatch: pytest.MonkeyPatch, task_id: str, told: object, is_done: bool, tries: int
) -> None:
    """Cosmos runs dbt on a second try."""
    left = []
    monkeypatch.setattr(DbtConsumerWatcherSensor, "poke", lambda task, _: left.append(task.task_id))
    ti = SimpleNamespace(try_number=tries, xcom_pull=lambda *_, key, **__: None if key.endswith("_sql") else told)
    task = demo.get_task(task_id)
    assert task.poke({"task": task, "ti": ti}) is is_done
    assert left == ([] if is_done else [task_id])


@pytest.mark.parametrize("ended", ["failed", "success"])
def test_a_report_that_the_build_did_not_come_to_does_not_run_dbt_for_itself(
    demo: Any, monkeypatch: pytest.MonkeyPatch, ended: str
) -> None:
    monkeypatch.setattr(DbtConsumerWatcherSensor, "poke", lambda *_: True)
    ti = SimpleNamespace(
        dag_id="sales_pipeline",
        run_id="r",
        try_number=1,
        xcom_pull=lambda **_: None,
        get_task_states=lambda **_: {"r": {"dbt_producer_watcher": ended}},
    )
    context = {"task": demo.get_task("fct_orders.run"), "ti": ti}
    if ended == "success":
        assert report(context)
    else:
        with pytest.raises(AirflowFailException, match="before it came to this; see the log of dbt_producer_watcher"):
            report(context)
