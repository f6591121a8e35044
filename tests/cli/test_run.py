"""`sales run` does what the DAG does: the report, the page of the data model, and a message however it ends."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from contracts.environment import Environment
from contracts.paths import ClientPaths
from pipeline.run import Outcome, Run
from pipeline.steps import send_notification, steps_of
from storage.lock import pipeline_lock

pytestmark = pytest.mark.system
SHOP = """
client: shop
name: The Shop
currency: EUR
time_zone: Europe/Berlin
notify_variable: SHOP_TEAM
sources: {customers: {kind: demo}, orders: {kind: demo}, returns: {kind: demo}}
demo: {start: 2026-10-01, through: 2026-10-31, customers: 20, transactions: 60, defects: {bad_type: 0.2}}
ceilings: {quarantined_share: 1, orphan_share: 1}
"""


@dataclass
class Shop:
    """A shop in a folder of its own, whose team reads what comes to a port."""

    root: Path
    port: int
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def paths(self) -> ClientPaths:
        return ClientPaths(self.root / "data", "shop")

    def run(self, *arguments: str, team: str | None = None) -> subprocess.CompletedProcess[str]:
        self.received.clear()
        places = {"SALES_DATA_DIR": str(self.root / "data"), "SALES_CLIENTS_DIR": str(self.root / "clients")}
        return subprocess.run(
            [Path(sys.executable).with_name("sales"), "run", "--client", "shop", *arguments],
            env={**os.environ, **places, "SHOP_TEAM": f"json://127.0.0.1:{self.port}" if team is None else team},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, give_parsed_project: Callable[[ClientPaths], None]
) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("shop")
    (root / "clients").mkdir()
    (root / "clients" / "shop.yml").write_text(SHOP)

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shop.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Sink)
    shop = Shop(root, server.server_port)
    give_parsed_project(shop.paths)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield shop
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def dead() -> str:
    """An address, with a secret, that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"json://user:hunter2@127.0.0.1:{probe.getsockname()[1]}"


@dataclass(frozen=True)
class Ended:
    finished: subprocess.CompletedProcess[str]
    received: list[dict[str, Any]]


@pytest.fixture(scope="module")
def first(shop: Shop) -> Ended:
    return Ended(shop.run(), [*shop.received])


def test_it_publishes_and_writes_the_report_and_the_page_of_the_data_model(shop: Shop, first: Ended) -> None:
    assert first.finished.returncode == 0, first.finished.stderr[-2_000:]
    client = Environment("shop", shop.root / "data", shop.root / "clients", "test").client()
    said = [line.split()[0] for line in first.finished.stdout.splitlines() if line]
    names = [step.name for step in steps_of(client)]
    assert [word for word in said if word in names] == names
    assert (shop.paths.reports / "2026-10.pdf").read_bytes().startswith(b"%PDF")
    assert "<html" in shop.paths.data_model.read_text()[:500]


def test_the_team_gets_what_came_out_the_warnings_and_the_report(first: Ended) -> None:
    (message,) = first.received
    assert message["title"].startswith("The Shop: published through 2026-10-31 with ")
    assert "\nThe report is 2026-10.pdf.\n" in message["message"]
    assert "\nWarning: rows in quarantine: orders/2026-10/0001: " in message["message"]
    assert [attached["filename"] for attached in message["attachments"]] == ["2026-10.pdf"]


def test_a_message_that_cannot_be_sent_is_said_and_the_run_is_good(shop: Shop, first: Ended, dead: str) -> None:
    finished = shop.run(team=dead)
    assert finished.returncode == 0, finished.stderr[-2_000:]
    assert "only the message was not delivered." in finished.stdout
    assert (
        "\nwarning: notifications not delivered: the message 'The Shop: published through 2026-10-31" in finished.stdout
    )
    assert "hunter2" not in finished.stdout + finished.stderr


def test_without_the_variable_the_message_goes_to_the_log(
    shop: Shop, first: Ended, caplog: pytest.LogCaptureFixture
) -> None:
    environment = Environment("shop", shop.root / "data", shop.root / "clients", "test")
    run = Run(environment, environment.client(), (date(2026, 10, 31),), "run-1", environment.now())
    report = str(shop.paths.reports / "2026-10.pdf")
    with caplog.at_level(logging.INFO, "notify.sender"):
        outcome = send_notification(run, {"write_report": Outcome(report, file=report)})
    assert outcome.text == "in the log, as SHOP_TEAM is not set"
    assert caplog.messages[0].startswith("The Shop: published through 2026-10-31")


def test_a_failed_step_is_sent_with_its_cause_and_what_to_do(shop: Shop) -> None:
    finished = shop.run("--date", "2020-01-01")
    assert finished.returncode == 1
    assert "\nerror: the demo of client shop has no day 2020-01-01" in finished.stderr
    (message,) = shop.received
    assert message["title"] == "The Shop: generate_customers failed"
    cause, following, readers = message["message"].splitlines()
    assert cause.startswith("Cause: the demo of client shop has no day 2020-01-01")
    again = "sales run --client shop --date 2020-01-01"
    assert following == f"Next step: Fix the cause, then run the day again: {again}"
    assert readers.endswith("What was published before is still what readers see.")


@pytest.mark.parametrize("is_set", [True, False])
def test_a_failure_that_cannot_be_sent_is_still_the_failure(shop: Shop, dead: str, is_set: bool) -> None:
    finished = shop.run("--date", "2020-01-01", team=dead if is_set else "")
    assert finished.returncode == 1
    assert "error: the demo of client shop has no day 2020-01-01" in finished.stderr
    assert ("warning: the message 'The Shop: generate_customers failed' was not" in finished.stdout) == is_set
    assert ("The Shop: generate_customers failed\nCause: " in finished.stderr) != is_set


def test_a_run_that_cannot_begin_is_sent_too(shop: Shop) -> None:
    with pipeline_lock(shop.paths, step="load", run_id="night", now=datetime(2026, 11, 1, tzinfo=UTC)):
        assert shop.run("--wait", "0").returncode == 1
    (message,) = shop.received
    assert "held by load of run night" in message["message"]
