"""What people read, inside Airflow's UI: the data model and the reports of each DAG's client, and the dashboard.

Served to who is logged in to Airflow and to nobody else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar

from airflow.api_fastapi.core_api.security import get_user
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, HTMLResponse

from contracts.client_file import client_names
from contracts.environment import Environment
from contracts.paths import ClientPaths
from pipeline.dag_ids import dag_id_of

DASHBOARD = os.environ.get("SALES_DASHBOARD_URL", "http://127.0.0.1:8501")
REPORTS = """<!doctype html><html lang="en"><head><title>Reports</title><style>
body {{ font: 16px/1.6 sans-serif; margin: 2rem }}
</style></head><body><h1>Reports by month</h1><ul>{links}</ul></body></html>"""

pages = FastAPI(title="What a client's readers get", dependencies=[Depends(get_user)], openapi_url=None)


@pages.get("/{dag_id}/data_model")
def data_model(dag_id: str) -> FileResponse:
    """The models, their columns and their lineage, as dbt describes them."""
    return _file(_paths(dag_id).data_model, "inline")


@pages.get("/{dag_id}/report")
def reports(dag_id: str) -> HTMLResponse:
    """The report of every month, newest first, to keep: Airflow's frame around the page shows no PDF."""
    months = sorted((file.stem for file in _paths(dag_id).reports.glob("????-??.pdf")), reverse=True)
    links = "".join(f'<li><a href="report/{month}.pdf" download>Report of {month} (PDF)</a></li>' for month in months)
    return HTMLResponse(REPORTS.format(links=links or "<li>None yet: a run writes it once a month is complete.</li>"))


@pages.get("/{dag_id}/report/{month}.pdf")
def report(dag_id: str, month: Annotated[str, PathParameter(pattern=r"^\d{4}-\d{2}$")]) -> FileResponse:
    """The report of one month."""
    return _file(_paths(dag_id).reports / f"{month}.pdf", "attachment")


def _paths(dag_id: str) -> ClientPaths:
    """The client's own folder: only names of client files lead to one."""
    names = client_names(Environment.from_process().clients_dir)
    client = next((name for name in names if dag_id_of(name) == dag_id), None)
    if client is None:
        raise HTTPException(404, f"{dag_id} is the DAG of no client; expected a file clients/<client>.yml for it.")
    return Environment.from_process(client).paths()


def _file(file: Path, shown: str) -> FileResponse:
    if not file.is_file():
        raise HTTPException(404, f"There is no {file.name} yet. A run of the DAG writes it.")
    return FileResponse(file, content_disposition_type=shown, filename=file.name)


class SalesPages(AirflowPlugin):
    """A tab for each page on every DAG, and the dashboard under Browse: beside it Airflow 3.3 opens no link."""

    name = "sales_pages"
    fastapi_apps: ClassVar[list[Any]] = [{"app": pages, "url_prefix": "/sales", "name": "Pages for readers"}]
    external_views: ClassVar[list[Any]] = [
        {"name": "Dashboard", "href": DASHBOARD, "destination": "nav", "category": "browse"},
        {"name": "Data model", "href": "sales/{DAG_ID}/data_model", "destination": "dag", "url_route": "data-model"},
        {"name": "Report", "href": "sales/{DAG_ID}/report", "destination": "dag", "url_route": "report"},
    ]
