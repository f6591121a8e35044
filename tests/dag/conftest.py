"""Airflow's settings for the tests, made before anything imports Airflow, and the DAGs as Airflow reads them."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.environment import Environment

CHECKOUT = Path(__file__).resolve().parents[2]
DAGS = CHECKOUT / "airflow" / "dags"

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-of-tests-"))
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "false"
os.environ["AIRFLOW__COSMOS__CACHE_DIR"] = f"{os.environ['AIRFLOW_HOME']}/cosmos"
os.environ["AIRFLOW__COSMOS__ENABLE_TELEMETRY"] = "false"
sys.path[:0] = [str(CHECKOUT / "airflow"), str(DAGS)]


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker for all of them: they share dbt's manifest and the machine's two cores."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("airflow"))


@pytest.fixture(scope="session")
def read_dags(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """Read the DAG file as Airflow's DAG processor does; returns the bag with its ``dags`` and ``import_errors``."""
    from embedded_home import parse_models  # noqa: PLC0415 on the path only now

    parse_models(tmp_path_factory.mktemp("dbt"), Environment.from_process("demo").paths())

    def read() -> Any:
        from airflow.dag_processing.dagbag import BundleDagBag  # noqa: PLC0415 the settings must be there before

        return BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name="dags-folder")

    return read


@pytest.fixture(scope="session")
def dags(read_dags: Callable[[], Any]) -> dict[str, Any]:
    """The DAGs by id."""
    bag = read_dags()
    assert bag.import_errors == {}
    return dict(bag.dags)


@pytest.fixture(scope="session")
def demo(dags: dict[str, Any]) -> Any:
    """The DAG of the demo client."""
    return dags["sales_pipeline"]
