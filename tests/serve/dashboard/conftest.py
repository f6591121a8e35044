"""The published file of the demo shop, built once, and the dashboard over it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
import streamlit as st
from dbt.contracts.graph.manifest import Manifest
from playwright.sync_api import BrowserContext, expect, sync_playwright
from streamlit.testing.v1 import AppTest

from contracts.known_totals import KnownTotals
from contracts.paths import ClientPaths
from contracts.source_totals import SourceTotals
from pipeline.dbt import newest_manifest
from publish.reconciliation import reconcile
from publish.table_profile import profile_tables
from publish.version_file import attached_files, write_version
from publish.versions import Publication
from tests.integration.conftest import LAST_DAY, Platform, client_of, platform_in
from tests.serve.dashboard.oracle import Facts

CHECKOUT = Path(__file__).resolve().parents[3]
APP = CHECKOUT / "serve" / "dashboard" / "app.py"
WIDTH = 1400
# The first for root, the others because it must not look for anything outside this machine.
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
TABLES = """
select schema_name || '.' || table_name from duckdb_tables() where database_name = 'build'
and schema_name in ('core', 'marts') order by all
"""
FIRST = Publication(
    number=1,
    previous=None,
    client="demo",
    run_id="run-1",
    data_through=LAST_DAY,
    published_at=datetime(2026, 11, 1, 7, 0, tzinfo=UTC),
    code_version="0.1.0+test",
    row_counts={},
    tests_passed=121,
    tests_warned=0,
    warnings=("20 products come from the bundled catalogue",),
    data_fingerprint="1",
)

# What the shop's own report is made to say: no such number of orders, and a month that is not over.
KNOWN = (
    KnownTotals(source="Finances", month="2026-09", order_count=1),
    KnownTotals(source="Finances", month="2026-11", order_count=1),
)
FROM_SOURCE = SourceTotals(1200, 1190, 7, 3, Decimal("9000.50"), Decimal("1.50"))


@dataclass(frozen=True)
class Shop:
    """One client's published folder, and what a test does to it."""

    platform: Platform

    @property
    def paths(self) -> ClientPaths:
        return self.platform.paths

    def publish(
        self, number: int = 1, *changes: str, file: Path | None = None, with_totals_of_others: bool = False
    ) -> Path:
        """Write a version with the publisher's own code, after changes to the tables, and switch to it.

        Without the gate, which wants every data test run: that takes longer than all tests of the dashboard.
        """
        build = self.paths.build
        if changes:
            build = build.with_name(f"changed-{number}.duckdb")
            build.write_bytes(self.paths.build.read_bytes())
            with duckdb.connect(str(build)) as connection:
                for change in changes:
                    connection.execute(change)
        version = replace(FIRST, number=number, run_id=f"run-{number}", data_fingerprint=str(number))
        target = build.with_name(f"version-{number}.duckdb")
        with attached_files(self.paths.warehouse, build, target.with_name("spill")) as connection:
            facts = profile_tables(connection, "build", [table for (table,) in connection.execute(TABLES).fetchall()])
            client = self.platform.client
            if with_totals_of_others:
                client = client.model_copy(update={"known_totals": KNOWN})
            books = reconcile(connection, client)
            if with_totals_of_others:
                books = replace(books, source_totals=(FROM_SOURCE,))
            what = {"client": client, "version": version, "facts": facts, "books": books}
            write_version(connection, build, target, **what, manifest=newest_manifest(self.paths))
        self.paths.published.mkdir(parents=True, exist_ok=True)
        return target.replace(file or self.paths.published_file)

    def ask(self, query: str) -> list[dict[str, Any]]:
        """What is in the published file, for an oracle that adds up by itself."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.paths.published_file}' as published (read_only)")
            connection.execute("use published")
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Answers are kept by run and version, which several tests' shops have in common."""
    st.cache_data.clear()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, parsed_project: Manifest) -> Shop:
    """The demo shop as `make run` makes it, two years, published as version 1; nobody changes it."""
    client = client_of("demo")
    products = client.sources["products"].model_copy(update={"url": "http://127.0.0.1:9", "attempts": 1})
    client = client.model_copy(update={"sources": {**client.sources, "products": products}})
    platform = platform_in(tmp_path_factory.mktemp("dashboard"), client, parsed_project)
    platform.run(LAST_DAY, "extract", "load")
    platform.dbt("run")
    made = Shop(platform)
    made.publish()
    return made


@pytest.fixture(scope="session")
def facts(shop: Shop) -> Facts:
    """The facts of the shop, for the oracle."""
    return Facts(shop.ask)


@pytest.fixture
def other_shop(shop: Shop, tmp_path: Path) -> Shop:
    """A copy that a test may change."""
    copied = shop.platform.copy_to(tmp_path / "data")
    return Shop(copied)


@pytest.fixture
def draw(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Draw the Overview with parameters of the address, without a browser."""

    def drawn(data_dir: Path = shop.platform.environment.data_dir, **parameters: str | list[str]) -> AppTest:
        return app_over(data_dir, monkeypatch, **parameters)

    return drawn


def one_page(name: str) -> None:
    """What AppTest runs: it cannot turn to a page of ``st.navigation``, so it draws one by itself."""
    import importlib  # noqa: PLC0415 AppTest takes the source of this function alone

    from contracts.environment import Environment  # noqa: PLC0415
    from serve.dashboard.filters import choose  # noqa: PLC0415
    from serve.dashboard.page import Page  # noqa: PLC0415
    from serve.dashboard.page_data import open_published  # noqa: PLC0415
    from serve.wording import Money  # noqa: PLC0415

    with open_published(Environment.from_process().paths().published_file) as published:
        chosen = choose(published)
        assert chosen is not None
        importlib.import_module(f"serve.dashboard.views.{name}").show(
            Page(published, chosen, Money(published.version.currency))
        )


@pytest.fixture
def turn_to(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Draw one page with parameters of the address, without a browser."""
    monkeypatch.setenv("SALES_CLIENT", "demo")

    def drawn(name: str, of: Shop = shop, **parameters: str | list[str]) -> AppTest:
        monkeypatch.setenv("SALES_DATA_DIR", str(of.platform.environment.data_dir))
        app = AppTest.from_function(one_page, default_timeout=300, kwargs={"name": name})
        for key, value in parameters.items():
            app.query_params[key] = value
        return app.run()

    return drawn


def cards(app: AppTest) -> dict[str, tuple[str, str]]:
    """By label the value and the change of each card."""
    assert not app.exception
    return {card.label: (card.value.replace("\\", ""), card.delta) for card in app.metric}


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def app_over(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, *, client: str = "demo", **parameters: str | list[str]
) -> AppTest:
    monkeypatch.setenv("SALES_DATA_DIR", str(data_dir))
    monkeypatch.setenv("SALES_CLIENT", client)
    app = AppTest.from_file(str(APP), default_timeout=300)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


@dataclass(frozen=True)
class Served:
    """The dashboard in a process of its own."""

    url: str
    shop: Shop


@pytest.fixture(scope="session")
def served(shop: Shop) -> Iterator[Served]:
    """The dashboard as `make dashboard` serves it."""
    with serving(shop, free_port()) as served:
        yield served


@contextmanager
def serving(shop: Shop, port: int, **environment: str) -> Iterator[Served]:
    """The dashboard of a shop on a port, with more in its environment."""
    data = {"SALES_DATA_DIR": str(shop.platform.environment.data_dir), "SALES_CLIENT": shop.paths.client}
    command = [sys.executable, "-m", "serve.dashboard", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with process(command, f"{url}/_stcore/health", **data, **environment):
        yield Served(url, shop)


@contextmanager
def process(command: list[str], health: str, **environment: str) -> Iterator[None]:
    """A server from its first answer on."""
    server = subprocess.Popen(command, cwd=CHECKOUT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        while not _answers(health):
            assert server.poll() is None, f"{command} ended"
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.fixture(scope="package")
def browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = launched.new_context(viewport={"width": WIDTH, "height": 900}, timezone_id="America/Los_Angeles")
        context.set_default_timeout(120_000)
        expect.set_options(timeout=120_000)
        yield context
        launched.close()
