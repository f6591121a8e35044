"""A copy of the demo's client file has the demo's figures by every way of running it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.environment import CHECKOUT, Environment
from contracts.paths import ClientPaths
from embedded import form
from pipeline.steps import do
from run_inputs import inputs_of
from storage.landing import deliveries

NOW = datetime(2026, 11, 29, 7, tzinfo=UTC)
Landed = set[tuple[str, str, str, str]]


def by_the_command(name: str) -> None:
    subprocess.run([Path(sys.executable).with_name("sales"), "extract", "--client", name], check=True)


def by_the_scripts(name: str) -> None:
    for script in ("generate_customer_data.py", "extract_api_data.py"):
        subprocess.run([sys.executable, CHECKOUT / "extract" / script, "--client", name], check=True)


def by_make_run(name: str) -> None:
    environment = Environment.from_process(name)
    run_of_the_dag(name, form(environment, environment.client(), None), NOW)


def by_a_trigger_in_airflow(name: str) -> None:
    run_of_the_dag(name, {}, None)


def run_of_the_dag(name: str, filled_in: Mapping[str, object], logical_date: datetime | None) -> None:
    run = SimpleNamespace(logical_date=logical_date, run_after=NOW, run_id="manual__1", start_date=NOW)
    do(inputs_of(name, {"params": filled_in, "dag_run": run}), "extract")


def landed(data: Path, name: str) -> Landed:
    """What decides every figure: the bytes of each delivery, and the day they are of."""
    found = deliveries(ClientPaths(data, name).landing)
    return {(one.dataset, one.key, one.sha256, str(one.logical_date)) for one in found}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clients")
    text = (CHECKOUT / "clients" / "demo.yml").read_text(encoding="utf-8")
    for before, after in (
        ("customers: 200", "customers: 20"),
        ("transactions: 1000", "transactions: 60"),
        ("start: 2024-11-01", "start: 2026-09-01"),
        ("https://fakestoreapi.com", "http://127.0.0.1:9\n    attempts: 1"),
    ):
        assert before in text
        text = text.replace(before, after)
    (folder / "demo.yml").write_text(text, encoding="utf-8")
    (folder / "shop2.yml").write_text(text.replace("client: demo", "client: shop2"), encoding="utf-8")
    return folder


@pytest.fixture
def data(clients: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SALES_CLIENTS_DIR", str(clients))
    monkeypatch.setenv("SALES_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("way", [by_the_command, by_the_scripts, by_make_run, by_a_trigger_in_airflow])
def test_a_copy_of_the_demo_lands_what_the_demo_lands(data: Path, way: Callable[[str], None]) -> None:
    by_the_command("demo")
    way("shop2")
    assert max(day for *_, day in landed(data, "demo")) == "2026-10-31"
    assert landed(data, "shop2") == landed(data, "demo")
