"""Airflow's settings for the tests, made before anything imports Airflow, and the DAGs as Airflow reads them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.environment import Environment
from tests.dag.embedded import Airflow, Api
from tests.small_checkout import copy_to

CHECKOUT = Path(__file__).resolve().parents[2]
DAGS = CHECKOUT / "airflow" / "dags"
SIZE = ("--customers", "20", "--transactions", "60")
ON_DEMAND = "select product_id from {{ ref('dim_products') }} where exists (select 1 from glob('%s'))"

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


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """The only Airflow that the tests start: with a dbt test more, which fails while a file exists."""
    root = tmp_path_factory.mktemp("checkout")
    copy_to(root)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        airflow = Airflow(root, probe.getsockname()[1])
    (root / "dbt_project/tests/on_demand.sql").write_text(ON_DEMAND % airflow.fault)
    yield airflow
    airflow.make("down")


@pytest.fixture(scope="session")
def first_run(airflow: Airflow) -> subprocess.CompletedProcess[str]:
    """`make run` of a shop that has nothing yet."""
    return airflow.make("run", *SIZE)


@pytest.fixture
def idle(airflow: Airflow, first_run: subprocess.CompletedProcess[str]) -> None:
    """Nothing of Airflow runs."""
    if airflow.processes():
        airflow.make("down")


@pytest.fixture
def api(airflow: Airflow, first_run: subprocess.CompletedProcess[str]) -> Api:
    """Of an Airflow that runs: since a test before, or started for this one."""
    return airflow.api()
