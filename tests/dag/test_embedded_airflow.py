"""The embedded Airflow as a person uses it: one run, the scheduler with its UI, a failure repaired and cleared."""

from __future__ import annotations

import json
import socket
import stat
import subprocess

import pytest

from tests.dag.embedded import Airflow, Api

pytestmark = [pytest.mark.system, pytest.mark.timeout(1200)]  # the first one starts Airflow


def test_a_run_publishes_and_prints_what_a_person_wants_to_know(
    airflow: Airflow, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert first_run.returncode == 0, first_run.stderr
    said = first_run.stdout
    assert "Running sales_pipeline for 2026-10-31" in said
    ended = [line.split()[:2] for line in said.splitlines() if line.endswith(" s")]
    assert ["generate_customers", "ok"] in ended
    assert ["mart_daily_sales.test", "ok"] in ended
    assert ended[-4] == ["publish_warehouse", "ok"]
    assert sorted(ended[-3:-1]) == [["write_data_model", "ok"], ["write_report", "ok"]]
    assert ended[-1] == ["send_notification", "ok"]
    assert ["core.fct_transactions", "60"] in [line.split() for line in said.splitlines()]
    assert "Data        through 2026-10-31" in said
    assert str(airflow.published_file) in said
    assert list(airflow.root.glob("data/demo/raw/orders/_delta_log/*.json"))
    assert said.rstrip().endswith(f"make up, then http://127.0.0.1:{airflow.port}")


def test_the_output_of_each_task_is_where_airflow_shows_it_and_holds_no_secret(
    airflow: Airflow, first_run: subprocess.CompletedProcess[str]
) -> None:
    logs = airflow.home / "logs"
    load_logs = list(logs.glob("dag_id=sales_pipeline/run_id=manual__*/task_id=load_to_database/attempt=1.log"))
    assert "orders/2026-10" in min(load_logs).read_text()  # of the first run; nothing new had landed for the others
    passwords = json.loads((airflow.home / "passwords.json").read_text()).values()
    hidden = [*json.loads((airflow.home / "keys.json").read_text()).values(), *passwords]
    written = [path.read_text(errors="replace") for path in airflow.home.rglob("*.log")]
    assert [secret for secret in hidden for text in [*written, first_run.stdout] if secret in text] == []
    modes = {name: stat.S_IMODE((airflow.home / name).stat().st_mode) for name in ("", "keys.json", "passwords.json")}
    assert modes == {"": 0o700, "keys.json": 0o600, "passwords.json": 0o600}


def test_while_airflow_is_up_neither_a_second_one_nor_a_run_beside_it_starts(airflow: Airflow, api: Api) -> None:
    for refused in (airflow.make("up"), airflow.make("run")):
        assert refused.returncode == 1
        assert f"`make up` is using {airflow.home}; expected it to be free." in refused.stderr
    assert api.ask("GET", "/monitor/health")["scheduler"]["status"] == "healthy"


def test_a_failing_test_stops_what_follows_and_clearing_it_after_the_repair_ends_green(
    airflow: Airflow, api: Api
) -> None:
    before, version = airflow.published(), airflow.version()
    airflow.fault.touch()
    conf = {"date": "2026-10-31", "customers": 20, "transactions": 60}
    runs = "/dags/sales_pipeline/dagRuns"
    run = api.ask("POST", runs, {"logical_date": None, "conf": conf})["dag_run_id"]
    state, tasks = api.end_of(run)
    assert state == "failed"
    red = {task for task, ended in tasks.items() if ended == "failed"}
    assert red == {"dbt_producer_watcher", "dim_products.test"}
    stopped = {task for task, ended in tasks.items() if ended == "upstream_failed"}
    assert {"publish_warehouse", "send_notification"} <= stopped
    assert {task for task in stopped if "dim_products" not in task} <= {
        "publish_warehouse",
        "write_data_model",
        "write_report",
        "send_notification",
        *("mart_daily_sales.test", "mart_top_skus.test"),  # compare it with the products
    }
    assert {tasks["dim_products.run"], tasks["mart_daily_sales.run"]} == {"success"}
    assert airflow.published() == before

    airflow.fault.unlink()
    clear = {"dag_run_id": run, "task_ids": ["dim_products.test"], "include_downstream": True, "dry_run": False}
    api.ask("POST", "/dags/sales_pipeline/clearTaskInstances", clear | {"only_failed": False})
    state, tasks = api.end_of(run)
    assert state == "success", tasks
    assert {task for task, ended in tasks.items() if ended != "success"} == {"dbt_producer_watcher"}
    published = api.ask("GET", f"{runs}/{run}/taskInstances/publish_warehouse/xcomEntries/return_value")["value"]
    assert published["text"].startswith(f"version {version + 1}, ")


def test_days_of_the_past_can_be_run_one_by_one(airflow: Airflow, api: Api) -> None:
    """A backfill runs each night of its range, for the day before."""
    body = {"dag_id": "sales_pipeline", "from_date": "2026-10-29T00:00:00Z", "to_date": "2026-11-01T12:00:00Z"}
    answer = api.ask("POST", "/backfills/dry_run", body)
    nights = sorted(run["logical_date"] for run in answer["backfills"])
    assert nights == [f"2026-{night}:00:00Z" for night in ("10-29T06", "10-30T06", "10-31T06", "11-01T07")]


def test_down_leaves_no_process_behind(airflow: Airflow, api: Api) -> None:
    assert len(airflow.processes()) >= 5
    stopped = airflow.make("down")
    assert stopped.returncode == 0
    assert airflow.processes() == []
    assert airflow.make("down").stdout == "Airflow is not running.\n"


@pytest.mark.usefixtures("idle")
def test_a_run_that_fails_names_task_cause_and_log_and_leaves_the_publication(airflow: Airflow) -> None:
    before = airflow.published()
    failed = airflow.make("run", "--date", "2024-10-31")
    assert failed.returncode == 1
    assert "generate_customers" in failed.stdout
    assert "FAILED" in failed.stdout
    assert "task generate_customers failed: the demo of client demo has no day 2024-10-31" in failed.stderr
    assert "attempt=1.log:" in failed.stderr
    assert airflow.published() == before


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--client", "nobody"], "no client file"),
        (["--client", "jaffle_shop", "--customers", "5"], "client jaffle_shop has no demo source, so customers cannot"),
    ],
)
def test_a_run_that_cannot_be_is_refused_before_it_starts(airflow: Airflow, arguments: list[str], message: str) -> None:
    refused = airflow.make("run", *arguments)
    assert refused.returncode == 1
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.usefixtures("idle")
def test_a_taken_port_is_named(airflow: Airflow) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # an Airflow was there a moment ago
        taken.bind(("127.0.0.1", airflow.port))
        taken.listen()
        refused = airflow.make("up")
    assert refused.returncode == 1
    assert f"port {airflow.port} of 127.0.0.1 is taken" in refused.stderr
    assert airflow.processes() == []
