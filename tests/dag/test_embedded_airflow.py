"""The embedded Airflow as a person uses it: one run, the scheduler with its UI, a failure repaired and cleared.

It works in a copy of the checkout, with one more dbt test that fails while a file exists.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.small_checkout import copy_to

pytestmark = [pytest.mark.system, pytest.mark.timeout(1200)]  # the first one starts Airflow
SIZE = ["--customers", "20", "--transactions", "60"]
ON_DEMAND = "select product_id from {{ ref('dim_products') }} where exists (select 1 from glob('%s'))"


@dataclass(frozen=True)
class Shop:
    """A copy of the checkout, and the port of its Airflow."""

    root: Path
    port: int

    @property
    def fault(self) -> Path:
        return self.root / "fault"

    @property
    def home(self) -> Path:
        return self.root / ".airflow"

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "SALES_", "DBT_"))}
        return subprocess.run(
            [sys.executable, str(self.root / "airflow" / "embedded.py"), *arguments],
            env=kept | {"PYTHONPATH": str(self.root), "AIRFLOW_PORT": str(self.port)},
            capture_output=True,
            text=True,
            check=False,
        )

    def published(self) -> str:
        """Identifies what readers see."""
        return hashlib.sha256((self.root / "data/demo/published/sales_analytics.duckdb").read_bytes()).hexdigest()

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.root) in " ".join(process.environ().values()) and process.pid != os.getpid():
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("checkout")
    copy_to(root)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        shop = Shop(root, probe.getsockname()[1])
    (root / "dbt_project/tests/on_demand.sql").write_text(ON_DEMAND % shop.fault)
    yield shop
    shop.make("down")


@pytest.fixture(scope="module")
def first_run(shop: Shop) -> subprocess.CompletedProcess[str]:
    return shop.make("run", *SIZE)


@dataclass
class Api:
    """Airflow's REST API, logged in."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, f"{self.url}/api/v2{path}", json=body, headers=headers, timeout=120)
        assert answer.ok, answer.text
        return answer.json()

    def end_last_nights_run(self) -> None:
        """The schedule may start with the night that has just been; the runs of the tests come after it.

        Airflow makes up for it in the first tenth of the day after, and leaves it out later.
        """
        due = self.ask("GET", "/dags/sales_pipeline")["next_dagrun_run_after"]
        if datetime.fromisoformat(due) > datetime.now(UTC):
            return
        path = "/dags/sales_pipeline/dagRuns"
        while not (runs := self.ask("GET", f"{path}?run_type=scheduled")["dag_runs"]):
            time.sleep(1)
        self.ask("PATCH", f"{path}/{runs[0]['dag_run_id']}", {"state": "failed"})

    def end_of(self, run: str) -> tuple[str, dict[str, str]]:
        """Wait until the run has ended; its state and that of every task."""
        path = f"/dags/sales_pipeline/dagRuns/{run}"
        while (state := self.ask("GET", path)["state"]) in ("queued", "running"):
            time.sleep(1)
        tasks: list[dict[str, str]] = []
        while True:  # a page has at most a hundred
            page = self.ask("GET", f"{path}/taskInstances?limit=100&offset={len(tasks)}")
            tasks += page["task_instances"]
            if len(tasks) >= page["total_entries"]:
                break
        return state, {task["task_id"]: task["state"] for task in tasks}


@pytest.fixture
def idle(shop: Shop, first_run: subprocess.CompletedProcess[str]) -> None:
    """Nothing of Airflow runs."""
    if shop.processes():
        shop.make("down")


@pytest.fixture
def api(shop: Shop, first_run: subprocess.CompletedProcess[str]) -> Api:
    """Airflow runs: since a test before, or started for this one."""
    password = json.loads((shop.home / "passwords.json").read_text())["admin"]
    url = f"http://127.0.0.1:{shop.port}"
    if not shop.processes():
        started = shop.make("up")
        assert started.returncode == 0, started.stderr
        assert f"Airflow   {url}\nUser      admin\nPassword  {password}\n" in started.stdout
    login = requests.post(f"{url}/auth/token", json={"username": "admin", "password": password}, timeout=60)
    api = Api(url, login.json()["access_token"])
    api.ask("PATCH", "/dags/sales_pipeline", {"is_paused": False})
    api.end_last_nights_run()
    return api


def test_a_run_publishes_and_prints_what_a_person_wants_to_know(
    shop: Shop, first_run: subprocess.CompletedProcess[str]
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
    assert str(shop.root / "data/demo/published/sales_analytics.duckdb") in said
    assert list(shop.root.glob("data/demo/raw/orders/_delta_log/*.json"))
    assert said.rstrip().endswith(f"make up, then http://127.0.0.1:{shop.port}")


def test_the_output_of_each_task_is_where_airflow_shows_it_and_holds_no_secret(
    shop: Shop, first_run: subprocess.CompletedProcess[str]
) -> None:
    logs = shop.home / "logs"
    load_logs = list(logs.glob("dag_id=sales_pipeline/run_id=manual__*/task_id=load_to_database/attempt=1.log"))
    assert load_logs
    assert [log for log in load_logs if "orders/2026-10" not in log.read_text()] == []
    passwords = json.loads((shop.home / "passwords.json").read_text()).values()
    hidden = [*json.loads((shop.home / "keys.json").read_text()).values(), *passwords]
    written = [path.read_text(errors="replace") for path in shop.home.rglob("*.log")]
    assert [secret for secret in hidden for text in [*written, first_run.stdout] if secret in text] == []
    modes = {name: stat.S_IMODE((shop.home / name).stat().st_mode) for name in ("", "keys.json", "passwords.json")}
    assert modes == {"": 0o700, "keys.json": 0o600, "passwords.json": 0o600}


@pytest.mark.usefixtures("idle")
def test_a_run_that_fails_names_task_cause_and_log_and_leaves_the_publication(shop: Shop) -> None:
    before = shop.published()
    failed = shop.make("run", "--date", "2024-10-31")
    assert failed.returncode == 1
    assert "generate_customers" in failed.stdout
    assert "FAILED" in failed.stdout
    assert "task generate_customers failed: the demo of client demo has no day 2024-10-31" in failed.stderr
    assert "attempt=1.log:" in failed.stderr
    assert shop.published() == before


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--client", "nobody"], "no client file"),
        (["--client", "jaffle_shop", "--customers", "5"], "client jaffle_shop has no demo source, so customers cannot"),
    ],
)
def test_a_run_that_cannot_be_is_refused_before_it_starts(shop: Shop, arguments: list[str], message: str) -> None:
    refused = shop.make("run", *arguments)
    assert refused.returncode == 1
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.usefixtures("idle")
def test_a_taken_port_is_named(shop: Shop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", shop.port))
        taken.listen()
        refused = shop.make("up")
    assert refused.returncode == 1
    assert f"port {shop.port} of 127.0.0.1 is taken" in refused.stderr
    assert shop.processes() == []


def test_while_airflow_is_up_neither_a_second_one_nor_a_run_beside_it_starts(shop: Shop, api: Api) -> None:
    for refused in (shop.make("up"), shop.make("run")):
        assert refused.returncode == 1
        assert f"`make up` is using {shop.home}; expected it to be free." in refused.stderr
    assert api.ask("GET", "/monitor/health")["scheduler"]["status"] == "healthy"


def test_a_failing_test_stops_what_follows_and_clearing_it_after_the_mend_ends_green(shop: Shop, api: Api) -> None:
    before = shop.published()
    shop.fault.touch()
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
    assert shop.published() == before

    shop.fault.unlink()
    clear = {"dag_run_id": run, "task_ids": ["dim_products.test"], "include_downstream": True, "dry_run": False}
    api.ask("POST", "/dags/sales_pipeline/clearTaskInstances", clear | {"only_failed": False})
    state, tasks = api.end_of(run)
    assert state == "success", tasks
    assert {task for task, ended in tasks.items() if ended != "success"} == {"dbt_producer_watcher"}
    published = api.ask("GET", f"{runs}/{run}/taskInstances/publish_warehouse/xcomEntries/return_value")["value"]
    assert published["text"].startswith("version 2, ")


def test_days_of_the_past_can_be_run_one_by_one(shop: Shop, api: Api) -> None:
    """A backfill runs each night of its range, for the day before."""
    body = {"dag_id": "sales_pipeline", "from_date": "2026-10-29T00:00:00Z", "to_date": "2026-11-01T12:00:00Z"}
    answer = api.ask("POST", "/backfills/dry_run", body)
    nights = sorted(run["logical_date"] for run in answer["backfills"])
    assert nights == [f"2026-{night}:00:00Z" for night in ("10-29T06", "10-30T06", "10-31T06", "11-01T07")]


def test_down_leaves_no_process_behind(shop: Shop, api: Api) -> None:
    assert len(shop.processes()) >= 5
    stopped = shop.make("down")
    assert stopped.returncode == 0
    assert shop.processes() == []
    assert shop.make("down").stdout == "Airflow is not running.\n"
