"""The running containers: what they may do, who may do what in Airflow, and the pipeline in them."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import duckdb
import pytest
import requests
from playwright.sync_api import BrowserContext, expect, sync_playwright

from tests.containers.conftest import PORTS, Stack

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800), pytest.mark.needs("engine")]


MANUAL_STEPS = {
    "docker compose run --rm extract python generate_customer_data.py": r"customers +200 rows",
    "docker compose run --rm extract python extract_api_data.py": r"20 rows",
    "docker compose run --rm load python load_to_db.py": r"raw\.customers +200",
    "docker compose run --rm load python verify_database.py": r"All as landed",
    "docker compose run --rm dbt dbt run": r"PASS=\d+ WARN=0 ERROR=0",
    "docker compose run --rm dbt dbt test": r"PASS=\d\d+ WARN=0 ERROR=0",
}


def test_the_steps_by_hand_work_as_typed(stack: Stack) -> None:
    for command, expected in MANUAL_STEPS.items():
        said = stack.docker(*command.split()[1:])
        assert re.search(expected, said), f"{command} said:\n{said[-3000:]}"


class Airflow:
    """The REST API as one user sees it."""

    def __init__(self, stack: Stack, user: str, password: str) -> None:
        self.base = f"http://127.0.0.1:{stack.environment['AIRFLOW_PORT']}"
        self.token = self.call("POST", "/auth/token", {"username": user, "password": password})[1].get("access_token")

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of the answer."""
        headers = {"Content-Type": "application/json"}
        if getattr(self, "token", None):
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        try:
            request = Request(self.base + path, data, headers, method=method)  # noqa: S310 loopback
            with urlopen(request, timeout=30) as answer:  # noqa: S310 loopback
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


@pytest.fixture(scope="module")
def running(stack: Stack) -> Stack:
    """The stack after `docker compose up -d --wait`; when that fails, the logs are in the report."""
    try:
        stack.compose("up", "--detach", "--wait")
    except pytest.fail.Exception as failure:
        pytest.fail(f"{failure}\n{stack.compose('logs', '--tail', '40', check=False)}")
    return stack


@pytest.fixture
def admin(running: Stack) -> Airflow:
    return Airflow(running, "admin", running.settings["AIRFLOW_ADMIN_PASSWORD"])


@pytest.fixture
def analyst(running: Stack) -> Airflow:
    return Airflow(running, "analyst", running.settings["AIRFLOW_ANALYST_PASSWORD"])


def test_every_process_is_an_ordinary_users(running: Stack) -> None:
    for container in running.containers():
        users = running.docker("top", container, "-eo", "pid,uid,cmd").splitlines()[1:]
        assert users
        assert not [line for line in users if line.split()[1] == "0"], f"root in {container}"


def test_only_loopback_is_listened_on(running: Stack) -> None:
    bindings = [
        binding
        for container in running.containers()
        for ports in json.loads(
            running.docker("inspect", "--format={{json .NetworkSettings.Ports}}", container)
        ).values()
        for binding in ports or ()
    ]
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}
    assert sorted(binding["HostPort"] for binding in bindings) == sorted(running.environment[port] for port in PORTS)


@pytest.mark.parametrize(
    "service", ["postgres", "api-server", "scheduler", "dag-processor", "triggerer", "dashboard", "api"]
)
def test_a_service_cannot_change_its_own_program(running: Stack, service: str) -> None:
    for path in ("/app/changed", "/usr/changed", "/etc/changed"):
        said = running.compose("exec", "-T", service, "sh", "-c", f"touch {path} || true")
        assert "Read-only file system" in said or "No such file" in said


def test_load_cannot_change_what_was_landed(stack: Stack) -> None:
    said = stack.compose("run", "--rm", "load", "sh", "-c", "touch /data/demo/landing/changed || true")
    assert "Read-only file system" in said


def test_the_metadata_database_cannot_be_reached_by_the_jobs(running: Stack) -> None:
    resolve = "import socket; socket.create_connection(('postgres', 5432), 3)"
    for service in ("extract", "load", "dbt"):
        said = running.compose("run", "--rm", service, "python", "-c", f"{resolve}", check=False)
        assert "gaierror" in said, said


def test_without_the_generated_password_nobody_gets_in(running: Stack) -> None:
    for user in ("admin", "analyst"):
        for password in ("admin", "analyst", "airflow", "", "password"):
            assert Airflow(running, user, password).token is None
    assert Airflow(running, "airflow", "airflow").token is None


def test_without_login_nothing_is_told(running: Stack) -> None:
    stranger = Airflow(running, "nobody", "nothing")
    for path in ("dags", "connections", "variables", "config", "eventLogs", "assets", "importErrors"):
        assert stranger.call("GET", f"/api/v2/{path}")[0] in {401, 403}


def test_cosmos_serves_no_dbt_docs(running: Stack) -> None:
    status, schema = Airflow(running, "nobody", "nothing").call("GET", "/cosmos/openapi.json")
    assert (status, schema["paths"]) == (200, {})


def test_an_analyst_sees_and_triggers_but_does_not_administer(admin: Airflow, analyst: Airflow) -> None:
    connection = {"connection_id": "one", "conn_type": "http"}
    variable = {"key": "one", "value": "1"}
    pool = {"name": "one", "slots": 1}
    for path, body in (("connections", connection), ("variables", variable), ("pools", pool)):
        assert analyst.call("POST", f"/api/v2/{path}", body)[0] == 403
        assert admin.call("POST", f"/api/v2/{path}", body)[0] == 201
    for path in ("connections", "variables", "config"):
        assert analyst.call("GET", f"/api/v2/{path}")[0] == 403
    assert analyst.call("GET", "/api/v2/dags")[0] == 200
    assert analyst.call("DELETE", "/api/v2/dags/no_such_dag")[0] == 403
    assert admin.call("DELETE", "/api/v2/dags/no_such_dag")[0] == 404


def wait_until(airflow: Airflow, path: str, wanted: str, seconds: int = 900) -> dict[str, Any]:
    """Ask until the state is the wanted one, and fail with what was answered when it is another final one."""
    answer: dict[str, Any] = {}
    for _ in range(seconds):
        answer = airflow.call("GET", path)[1]
        if answer.get("state") == wanted:
            return answer
        if answer.get("state") in {"failed", "success"}:
            break
        time.sleep(1)
    pytest.fail(f"{path} is {answer.get('state')}, not {wanted}: {answer}")


RUNS = "/api/v2/dags/sales_pipeline/dagRuns"


@pytest.fixture(scope="module")
def run(running: Stack) -> str:
    """The path of a run through 2026-10-31 that published, although its scheduler was killed in the middle."""
    analyst = Airflow(running, "analyst", running.settings["AIRFLOW_ANALYST_PASSWORD"])
    assert analyst.call("PATCH", "/api/v2/dags/sales_pipeline", {"is_paused": False})[0] == 200
    started = analyst.call("POST", RUNS, {"logical_date": None, "conf": {"date": "2026-10-31"}})[1]["dag_run_id"]
    wait_until(analyst, f"{RUNS}/{started}/taskInstances/load_to_database", "success")
    wait_until(analyst, f"{RUNS}/{started}/taskInstances/dbt_producer_watcher", "running")
    running.compose("kill", "scheduler")
    running.compose("up", "--detach", "--wait")
    wait_until(analyst, f"{RUNS}/{started}", "success")
    return f"{RUNS}/{started}"


def test_the_log_of_a_run_whose_scheduler_was_killed_is_shown(analyst: Airflow, run: str) -> None:
    logs = analyst.call("GET", f"{run}/taskInstances/verify_database/logs/1?full_content=true")[1]
    assert "landed files" in json.dumps(logs), "the API server cannot read what the task wrote"


@pytest.mark.parametrize("view", ["structure/structure_data?dag_id=sales_pipeline", "grid/structure/sales_pipeline"])
def test_the_ui_can_draw_the_pipeline(analyst: Airflow, view: str) -> None:
    assert analyst.call("GET", f"/ui/{view}")[0] == 200


def published(running: Stack, query: str) -> tuple[Any, ...]:
    """The one row that another program on this machine gets."""
    with duckdb.connect(running.checkout / "data/demo/published/sales_analytics.duckdb", read_only=True) as con:
        (row,) = con.execute(query).fetchall()
    return row


@pytest.fixture
def chromium() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        expect.set_options(timeout=120_000)
        yield browser.new_context()
        browser.close()


def test_the_published_file_is_read_on_this_machine(running: Stack, run: str) -> None:
    readme = (running.checkout / "README.md").read_text()
    revenue, orders = re.search(r"Revenue +([\d,.]+) USD in (\d+) orders", readme).groups()
    # The schedule may have added days of its own after the demo's last one.
    total = published(
        running, "select sum(net), sum(order_count) from marts.mart_daily_sales where calendar_date <= '2026-10-31'"
    )
    assert total == (Decimal(revenue.replace(",", "")), int(orders))


def test_the_api_answers_what_is_published_to_who_has_the_token(running: Stack, run: str) -> None:
    url = f"http://127.0.0.1:{running.environment['API_PORT']}/tables/marts.mart_daily_sales"
    for token, status in (("", 401), ("x" * 64, 401), (running.settings["SALES_API_TOKEN"], 200)):
        answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert answer.status_code == status, answer.text
    net = sum(Decimal(row["net"]) for row in answer.json())
    assert published(running, "select sum(net) from marts.mart_daily_sales") == (net,)


@pytest.mark.needs("chromium")
def test_the_dashboard_shows_what_is_published_and_sees_nothing_else(
    running: Stack, run: str, chromium: BrowserContext
) -> None:
    (net,) = published(running, "select sum(net) from marts.mart_daily_sales")
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{running.environment['DASHBOARD_PORT']}/?period=all")
    revenue = page.get_by_test_id("stMetric").filter(has_text="Revenue")
    expect(revenue).to_contain_text(f"${net:,.0f}")
    for service in ("dashboard", "api"):
        seen = running.compose("exec", "-T", service, "sh", "-c", "find /data -type f | cut -d/ -f2-4 | sort -u")
        assert seen.split() == ["data/demo/published"], service
        said = running.compose("exec", "-T", service, "sh", "-c", "touch /data/demo/published/changed || true")
        assert "Read-only file system" in said


LOGIN = """
[auth]
redirect_uri = "http://127.0.0.1/oauth2callback"
cookie_secret = "a key that signs the cookies of this test"
client_id = "dashboard"
client_secret = "secret"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
"""


@pytest.fixture
def login(running: Stack) -> Iterator[Path]:
    """Where docs/how-to/dashboard.md says to write the login."""
    file = running.checkout / "serve" / "dashboard" / ".streamlit" / "secrets.toml"
    yield file
    file.unlink()
    running.compose("restart", "dashboard")
    running.compose("up", "--detach", "--wait", "dashboard")


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    ("text", "shown"),
    [(LOGIN, "Log in"), (LOGIN.replace("]", ""), "The login cannot be read")],
    ids=["a login", "a typing error"],
)
def test_with_a_login_the_dashboard_shows_nothing_to_who_has_not_logged_in(
    running: Stack, chromium: BrowserContext, login: Path, text: str, shown: str
) -> None:
    login.write_text(text)
    running.compose("restart", "dashboard")
    running.compose("up", "--detach", "--wait", "dashboard")
    sent: list[str] = []
    page = chromium.new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(str(frame))))
    page.goto(f"http://127.0.0.1:{running.environment['DASHBOARD_PORT']}/?period=all")
    expect(page.get_by_test_id("stMain")).to_contain_text(shown)
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    assert shown in "".join(sent)
    assert "Revenue" not in "".join(sent)


def test_with_a_login_that_it_may_not_read_the_dashboard_does_not_start(running: Stack, login: Path) -> None:
    login.write_text(LOGIN)
    login.chmod(0)
    running.compose("restart", "dashboard")
    running.compose("up", "--detach", "--wait", "dashboard", check=False)
    assert "Permission denied: '/app/serve/dashboard/.streamlit/secrets.toml'" in running.compose("logs", "dashboard")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{running.environment['DASHBOARD_PORT']}", timeout=30)


def test_no_secret_is_in_a_log(running: Stack, run: str) -> None:
    """Looks through what the containers said and what the tasks of a run wrote."""
    tasks = running.compose("exec", "-T", "scheduler", "sh", "-c", "cat $(find /logs -type f)")
    said = running.compose("logs", "--no-color")
    assert "generate_customers" in tasks
    assert "database migrat" in said.lower()
    found = [name for name, value in running.settings.items() if name != "SALES_UID" and value in tasks + said]
    assert found == []
