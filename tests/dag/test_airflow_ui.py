"""Airflow's user interface in a real browser: log in, fill in the form of `sales_pipeline`, see its graph turn green.

`make screenshot` keeps the picture in docs/images/.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.dag.embedded import Airflow, Api

# The first for root, the others because it must not look for anything outside this machine.
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

pytestmark = [pytest.mark.system, pytest.mark.timeout(1200)]  # the first one starts Airflow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        expect.set_options(timeout=120_000)
        yield browser
        browser.close()


def at_the_login(airflow: Airflow, browser: Browser, password: str) -> Page:
    """A visitor of their own, who has asked for the DAG and sent this password."""
    page = browser.new_context(viewport={"width": 1600, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{airflow.url}/dags/sales_pipeline")
    page.locator("input[name=username]").fill("admin")
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


@pytest.fixture(scope="module")
def graph(airflow: Airflow, first_run: subprocess.CompletedProcess[str], browser: Browser) -> Page:
    """The graph of a run that the form has started, watched until its last task has ended well."""
    airflow.api()
    page = at_the_login(airflow, browser, airflow.password)
    page.wait_for_url("**/dags/sales_pipeline")

    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    form.locator("input[name=element_date]").fill("2026-10-31")
    form.locator("input[name=element_customers]").fill("20")
    form.locator("input[name=element_transactions]").fill("60")
    form.get_by_role("button", name="Trigger", exact=True).click()

    page.wait_for_url("**/dags/sales_pipeline/runs/**")
    page.get_by_role("button", name="Show Graph").click()
    ended = page.locator(".react-flow__node[data-id=send_notification]")
    expect(ended).to_contain_text("success", timeout=900_000)
    return page


@pytest.mark.needs("chromium")
def test_a_wrong_password_is_refused(airflow: Airflow, api: Api, browser: Browser) -> None:
    page = at_the_login(airflow, browser, "admin")
    expect(page.get_by_text("Invalid credentials")).to_be_visible()


@pytest.mark.needs("chromium")
def test_the_form_starts_a_run_whose_graph_turns_green(graph: Page, tmp_path: Path) -> None:
    page = graph
    page.get_by_role("button", name="Collapse Details Panel").click()
    page.locator(".react-flow__node[data-id=dbt]").get_by_role("button", name="Tasks").first.click()
    expect(page.locator(".react-flow__node[data-id=core]")).to_contain_text("success")
    page.get_by_role("button", name="Fit View").click()
    page.wait_for_timeout(2_000)  # the view moves there in an animation
    page.screenshot(path=os.environ.get("SCREENSHOT", tmp_path / "airflow.png"))
    page.locator(".react-flow__node[data-id=marts]").get_by_role("button", name="Tasks").first.click()
    expect(page.locator(".react-flow__node[data-id=mart_daily_sales]")).to_contain_text("success")
    tasks = [text for text in page.locator(".react-flow__node").all_inner_texts() if text]
    assert [text for text in tasks if "success" not in text] == []
    assert len(tasks) >= 20


@pytest.mark.needs("chromium")
def test_the_dag_shows_its_report_and_its_data_model(airflow: Airflow, graph: Page) -> None:
    page = graph.context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{airflow.url}/dags/sales_pipeline/plugin/data-model")
    model = page.frame_locator("iframe")
    expect(model.get_by_role("heading", name="The sales warehouse")).to_be_visible()
    page.get_by_role("link", name="Report", exact=True).click()
    with page.expect_download() as download:
        model.get_by_role("link", name="(PDF)").first.click()
    assert download.value.path().read_bytes() == (airflow.root / "data/demo/published/reports/2026-10.pdf").read_bytes()
    page.get_by_role("button", name="Browse").click()
    dashboard = page.get_by_role("menuitem", name="Dashboard")
    assert dashboard.evaluate("item => item.tagName + ' ' + item.href") == "A http://127.0.0.1:8501/"


@pytest.mark.parametrize("name", ["report", "data_model"])
def test_without_login_neither_is_shown(airflow: Airflow, api: Api, name: str) -> None:
    """By nobody, and by somebody who made up a token."""
    url = f"{airflow.url}/sales/sales_pipeline/{name}"
    assert requests.get(url, timeout=60).status_code == 401
    assert requests.get(url, cookies={"_token": "made.up.token"}, timeout=60).status_code == 403


@pytest.mark.needs("chromium")
def test_what_the_form_asked_for_is_published(airflow: Airflow, graph: Page) -> None:
    with duckdb.connect(airflow.published_file, read_only=True) as published:
        # The night's run may have begun to deliver later days.
        items = published.sql("select count(*) from core.fct_transactions where order_date <= '2026-10-31'").fetchone()
    assert items == (60,)


def test_cosmos_serves_no_dbt_docs(airflow: Airflow, api: Api) -> None:
    assert requests.get(f"{airflow.url}/cosmos/openapi.json", timeout=60).json()["paths"] == {}
    for path in ("manifest.json", "catalog.json", "dbt_docs_index.html", "demo/manifest.json"):
        assert requests.get(f"{airflow.url}/cosmos/{path}", timeout=60).status_code == 404


@pytest.mark.parametrize("path", ["dags", "connections", "variables", "config", "eventLogs"])
def test_without_login_nothing_is_shown(airflow: Airflow, api: Api, path: str) -> None:
    assert requests.get(f"{airflow.url}/api/v2/{path}", timeout=60).status_code == 401
