"""Airflow's scheduler dies in mid-run: started again, it finishes the run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest
import requests

from tests.small_checkout import copy_to

RUNS = "/dags/sales_pipeline/dagRuns"
CONF = {"date": "2026-10-31", "customers": 20, "transactions": 60}


@dataclass
class Airflow:
    """An embedded Airflow in a copy of the checkout."""

    root: Path
    port: int

    def make(self, verb: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "SALES_", "DBT_"))}
        done = subprocess.run(
            [sys.executable, self.root / "airflow" / "embedded.py", verb],
            env=kept | {"PYTHONPATH": str(self.root), "AIRFLOW_PORT": str(self.port)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        url = f"http://127.0.0.1:{self.port}"
        password = json.loads((self.root / ".airflow" / "passwords.json").read_text())["admin"]
        login = requests.post(f"{url}/auth/token", json={"username": "admin", "password": password}, timeout=60)
        headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
        answer = requests.request(method, f"{url}/api/v2{path}", json=body, headers=headers, timeout=120)
        assert answer.ok, answer.text
        return answer.json()

    def scheduler(self) -> psutil.Process:
        """The one that was started first: it forks its workers."""
        found = [
            process
            for process in psutil.process_iter(["cmdline", "cwd", "create_time"])
            if "scheduler" in (process.info["cmdline"] or []) and process.info["cwd"] == str(self.root)
        ]
        return min(found, key=lambda process: process.info["create_time"])


@pytest.fixture
def airflow(tmp_path: Path) -> Iterator[Airflow]:
    root = tmp_path / "checkout"
    copy_to(root)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        airflow = Airflow(root, probe.getsockname()[1])
    try:
        airflow.make("up")
        airflow.ask("PATCH", "/dags/sales_pipeline", {"is_paused": False})
        yield airflow
    finally:
        airflow.make("down")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("task", ["load_to_database", "dbt_producer_watcher"])
def test_a_scheduler_killed_in_mid_run_finishes_the_run_when_started_again(airflow: Airflow, task: str) -> None:
    run = airflow.ask("POST", RUNS, {"logical_date": None, "conf": CONF})["dag_run_id"]
    path = f"{RUNS}/{run}"
    while airflow.ask("GET", f"{path}/taskInstances/{task}")["state"] != "running":
        time.sleep(0.2)
    airflow.scheduler().kill()
    airflow.make("down")
    airflow.make("up")

    while (state := airflow.ask("GET", path)["state"]) in ("queued", "running"):
        time.sleep(2)
    assert state == "success"
    published = airflow.root / "data" / "demo" / "published" / "sales_analytics.duckdb"
    with duckdb.connect(published, read_only=True) as connection:
        assert connection.execute("select sum(order_count) > 0 from marts.mart_daily_sales").fetchone() == (True,)
