"""The Airflow of `make run` and `make up`, in a copy of the checkout, for the tests that start its services."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psutil
import requests


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


@dataclass(frozen=True)
class Airflow:
    """`make run`, `make up` and `make down` in a copy of the checkout, and the port of its services."""

    root: Path
    port: int

    @property
    def fault(self) -> Path:
        return self.root / "fault"

    @property
    def home(self) -> Path:
        return self.root / ".airflow"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def published_file(self) -> Path:
        return self.root / "data/demo/published/sales_analytics.duckdb"

    @property
    def password(self) -> str:
        """Of the user `admin`."""
        return str(json.loads((self.home / "passwords.json").read_text())["admin"])

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
        return hashlib.sha256(self.published_file.read_bytes()).hexdigest()

    def version(self) -> int:
        """Which version readers see."""
        with duckdb.connect(self.published_file, read_only=True) as published:
            ((version,),) = published.sql("select version from _meta").fetchall()
        return int(version)

    def api(self) -> Api:
        """Logged in; Airflow is started where it does not run."""
        is_new = not self.processes()
        if is_new:
            started = self.make("up")
            assert started.returncode == 0, started.stderr
            said = f"Airflow   {self.url}\nUser      admin\nPassword  {self.password}\n"
            assert said in started.stdout
        login = {"username": "admin", "password": self.password}
        token = requests.post(f"{self.url}/auth/token", json=login, timeout=60).json()["access_token"]
        api = Api(self.url, token)
        if is_new:
            api.ask("PATCH", "/dags/sales_pipeline", {"is_paused": False})
            api.end_last_nights_run()
        return api

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.root) in " ".join(process.environ().values()) and process.pid != os.getpid():
                    found.append(process)
            except psutil.Error:
                continue
        return found
