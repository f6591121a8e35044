"""The same models on both engines: a small demo shop, DuckDB's tables and those of a Spark session of this process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.artifacts.schemas.results import NodeResult
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from contracts.environment import CHECKOUT, Environment
from contracts.paths import ClientPaths
from pipeline.dbt import PROJECT
from tests.integration.conftest import Platform

CONF = Path(__file__).with_name("conf")
DEMO = {"start": date(2026, 9, 23), "through": date(2026, 10, 8), "customers": 60, "transactions": 300}
OK = ("success", "pass", "no-op")  # an exposure is nothing to run


@dataclass
class BothEngines:
    """A client's raw, and what dbt makes of it on DuckDB and on Spark."""

    platform: Platform
    parsed: Manifest

    @property
    def paths(self) -> ClientPaths:
        return self.platform.paths

    @contextmanager
    def said_in_the_client_file(self, settings: Mapping[str, Any]) -> Iterator[None]:
        """The shop whose file says these settings, too."""
        file = self.platform.environment.clients_dir / "demo.yml"
        before = file.read_text(encoding="utf-8")
        file.write_text(yaml.safe_dump(yaml.safe_load(before) | settings), encoding="utf-8")
        yield
        file.write_text(before, encoding="utf-8")

    def land(self, day: date) -> None:
        """Bring raw through a day, and DuckDB's tables."""
        self.platform.run(day, "extract", "load", "verify")
        self.platform.dbt("run")

    def dbt(self, *arguments: str) -> dict[str, NodeResult]:
        """dbt on Spark; every node must succeed."""
        runner = dbtRunner(self.parsed.deepcopy())  # type: ignore[no-untyped-call]
        outcome = runner.invoke([*arguments, *flags(self.paths)])
        results = {result.node.name: result for result in outcome.result or ()}
        failed = {name: result.message for name, result in results.items() if result.status not in OK}
        assert not failed
        assert outcome.success, outcome.exception
        return results

    def partitions(self, table: str) -> dict[str, int]:
        """When each partition of a table of core was written."""
        folder = self.paths.spark / "tables" / "core.db" / table
        return {path.name: path.stat().st_mtime_ns for path in folder.glob("*=*") if any(path.glob("*.parquet"))}


def flags(paths: ClientPaths) -> list[str]:
    """What every command of dbt on Spark is given."""
    folders = ("--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", paths.spark / "dbt")
    return ["--quiet", *map(str, folders), "--log-path", str(paths.spark / "dbt" / "logs")]


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory, parsed_project: Manifest) -> Iterator[BothEngines]:
    folder = tmp_path_factory.mktemp("spark")
    client = yaml.safe_load((CHECKOUT / "clients" / "demo.yml").read_text(encoding="utf-8"))
    client["demo"] |= DEMO
    (folder / "clients").mkdir()
    (folder / "clients" / "demo.yml").write_text(yaml.safe_dump(client), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALES_DATA_DIR", str(folder / "data"))
        patch.setenv("SALES_CLIENTS_DIR", str(folder / "clients"))
        patch.setenv("SALES_CLIENT", "demo")
        patch.setenv("SALES_SPARK_MASTER", "local[2]")
        patch.setenv("SPARK_CONF_DIR", str(CONF))
        environment = Environment.from_process()
        platform = Platform(environment, environment.client(), parsed_project)
        parsing = dbtRunner().invoke(["parse", "--target", "spark", *flags(platform.paths)])
        assert parsing.success, parsing.exception
        assert isinstance(parsing.result, Manifest)
        yield BothEngines(platform, parsing.result)
        _stop_spark()
    shutil.rmtree(folder)


def _stop_spark() -> None:
    from pyspark import SparkContext  # noqa: PLC0415 only where Java is

    if context := SparkContext._active_spark_context:
        java = SparkContext._gateway
        context.stop()
        java.shutdown()
        java.proc.stdin.close()  # Spark's process ends with it
        java.proc.wait(30)
