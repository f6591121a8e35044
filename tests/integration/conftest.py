"""The whole pipeline without Airflow, as the command runs it, in a data folder of the test's own."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from contracts.client_file import Client, load_client
from contracts.environment import CHECKOUT, Environment
from contracts.paths import ClientPaths
from pipeline.dbt import PROJECT
from pipeline.run import Run
from pipeline.steps import do
from storage.lock import pipeline_lock
from tests.shared import uncompiled
from tests.warehouse_files import opened

LAST_DAY = date(2026, 10, 31)
# What tells how a row came about, not what it says.
LINEAGE = {"change_number"}
Rows = list[tuple[object, ...]]


@dataclass
class Platform:
    """One client's pipeline in one data folder."""

    environment: Environment
    client: Client
    parsed: Manifest

    def __post_init__(self) -> None:
        self.paths = self.environment.paths()

    def run(self, day: date, *steps: str) -> list[str]:
        """Do the steps of the verbs, by default up to publishing, for a day; what each says of itself."""
        now = self.environment.now()
        with pipeline_lock(self.paths, step="test", run_id="test", now=now) as lock:
            run = Run(self.environment, self.client, (day,), f"run-{day}", now, lock)
            return [do(run, verb) for verb in steps or ("extract", "load", "verify", "build", "publish")]

    def dbt(self, *arguments: str) -> None:
        """dbt in this process and without parsing, which is most of what `sales build` takes here."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SALES_DATA_DIR", str(self.environment.data_dir))
            patch.setenv("SALES_CLIENT", self.paths.client)
            folders = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", self.paths.root / "dbt"]
            logs = ["--log-path", self.paths.root / "dbt" / "logs"]
            outcome = dbtRunner(uncompiled(self.parsed)).invoke([*arguments, "--quiet", *map(str, [*folders, *logs])])
            DuckDBConnectionManager.close_all_connections()
        assert outcome.success, outcome.exception

    def warehouse(self, query: str) -> Rows:
        """Ask the private files, or change them."""
        with opened(self.paths) as connection:
            return connection.execute(query).fetchall()

    def published(self, query: str) -> Rows:
        """Ask what readers see."""
        with duckdb.connect(str(self.paths.published_file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def tables(self, *without: str) -> dict[str, Rows]:
        """Every row of core and marts, without lineage and the named columns."""
        with duckdb.connect(str(self.paths.build), read_only=True) as connection:
            columns = connection.execute(
                """select schema_name || '.' || table_name, list(column_name order by column_index)
                from duckdb_columns() where schema_name in ('core', 'marts') group by all order by all"""
            ).fetchall()
            return {
                table: connection.execute(
                    f"select {', '.join(name for name in names if name not in LINEAGE | set(without))} "
                    f"from {table} order by all"
                ).fetchall()
                for table, names in columns
            }

    def copy_to(self, data_dir: Path) -> "Platform":
        """The same state in another data folder."""
        shutil.copytree(self.environment.data_dir, data_dir)
        return platform_in(data_dir, self.client, self.parsed)


def platform_in(data_dir: Path, client: Client, parsed: Manifest) -> Platform:
    return Platform(Environment(client.client, data_dir, CHECKOUT / "clients", "0.1.0+test"), client, parsed)


def client_of(name: str, **variables: str) -> Client:
    return load_client(name, CHECKOUT / "clients", variables)


@pytest.fixture(scope="session")
def small_demo() -> Client:
    """Three months of 50 customers and 300 order items; products are bundled, for nothing listens on port 9."""
    client = client_of("demo")
    products = client.sources["products"].model_copy(update={"url": "http://127.0.0.1:9", "attempts": 1})
    sizes = client.demo.model_copy(update={"start": date(2026, 8, 1), "customers": 50, "transactions": 300})
    return client.model_copy(update={"demo": sizes, "sources": {**client.sources, "products": products}})


@pytest.fixture(scope="session")
def platform_of(
    tmp_path_factory: pytest.TempPathFactory,
    parsed_project: Manifest,
    give_parsed_project: Callable[[ClientPaths], None],
) -> Callable[[Client], Platform]:
    def make(client: Client) -> Platform:
        platform = platform_in(tmp_path_factory.mktemp("data"), client, parsed_project)
        give_parsed_project(platform.paths)
        return platform

    return make


@pytest.fixture(scope="module")
def demo(small_demo: Client, platform_of: Callable[[Client], Platform]) -> Iterator[Platform]:
    """The small demo, run once through its last day; a test that changes anything takes a copy."""
    platform = platform_of(small_demo)
    platform.run(LAST_DAY)
    yield platform
    shutil.rmtree(platform.environment.data_dir)
