"""The pages that Airflow shows of what a client's readers get."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

PLUGINS = Path(__file__).resolve().parents[2] / "airflow" / "plugins"


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SALES_DATA_DIR", str(tmp_path))
    monkeypatch.syspath_prepend(PLUGINS)
    yield importlib.import_module("sales_pages")
    sys.modules.pop("sales_pages", None)


@pytest.fixture
def reader(plugin: Any) -> TestClient:
    """Somebody who is logged in."""
    plugin.pages.dependency_overrides[plugin.get_user] = object
    return TestClient(plugin.pages)


def publish(data: Path, name: str, content: bytes, client: str = "demo") -> None:
    file = data / client / "published" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


@pytest.mark.parametrize("page", ["report", "report/2026-10.pdf", "data_model"])
def test_without_login_nothing_is_shown(plugin: Any, tmp_path: Path, page: str) -> None:
    publish(tmp_path, "data_model.html", b"<p>")
    publish(tmp_path, "reports/2026-10.pdf", b"%PDF")
    assert TestClient(plugin.pages).get(f"/sales_pipeline/{page}").status_code == 401
    assert TestClient(plugin.pages).get("/openapi.json").status_code == 404


def test_the_data_model_is_shown_and_every_report_can_be_kept(reader: TestClient, tmp_path: Path) -> None:
    assert "None yet" in reader.get("/sales_pipeline/report").text
    publish(tmp_path, "data_model.html", b"<p>demo")
    publish(tmp_path, "reports/2026-09.pdf", b"older")
    publish(tmp_path, "reports/2026-10.pdf", b"newest")
    publish(tmp_path, "reports/.2026-11.pdf.new", b"unfinished")
    links = re.findall(r'href="(report/[^"]+)" download', reader.get("/sales_pipeline/report").text)
    assert links == ["report/2026-10.pdf", "report/2026-09.pdf"]
    report, model = reader.get(f"/sales_pipeline/{links[0]}"), reader.get("/sales_pipeline/data_model")
    assert (report.content, report.headers["content-type"]) == (b"newest", "application/pdf")
    assert (model.content, model.headers["content-type"].split(";")[0]) == (b"<p>demo", "text/html")
    assert report.headers["content-disposition"].startswith("attachment")
    assert model.headers["content-disposition"].startswith("inline")
    for month in ("2026-08", "..%2f2026-09", "2026-9"):
        assert reader.get(f"/sales_pipeline/report/{month}.pdf").status_code in (404, 422)


def test_a_dag_leads_to_its_own_client_and_no_name_to_another_folder(reader: TestClient, tmp_path: Path) -> None:
    publish(tmp_path, "data_model.html", b"jaffle", client="jaffle_shop")
    publish(tmp_path, "data_model.html", b"secret", client="elsewhere")
    assert reader.get("/sales_pipeline_jaffle_shop/data_model").content == b"jaffle"
    missing = reader.get("/sales_pipeline/data_model")
    assert (missing.status_code, "no data_model.html yet. A run of the DAG writes it." in missing.text) == (404, True)
    for dag_id in ("sales_pipeline_elsewhere", "elsewhere", "sales_pipeline_..%2felsewhere", "sales_pipeline_"):
        assert reader.get(f"/{dag_id}/data_model").status_code == 404


def test_every_dag_has_a_tab_for_each_and_the_menu_leads_to_the_dashboard(plugin: Any) -> None:
    views = {view["name"]: view for view in plugin.SalesPages.external_views}
    assert views["Dashboard"]["href"] == "http://127.0.0.1:8501"
    routes = {route.path for route in plugin.pages.routes}
    for name in ("Data model", "Report"):
        assert views[name]["destination"] == "dag"
        assert views[name]["href"].replace("sales/{DAG_ID}", "/{dag_id}") in routes
