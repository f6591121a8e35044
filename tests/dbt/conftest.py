"""A dbt project run in this process against a warehouse whose raw rows a test writes itself."""

from __future__ import annotations

import copy
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.results import NodeResult
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import CompiledNode

from contracts.client_file import Client
from contracts.paths import ClientPaths
from load.derived_views import derived_views
from load.raw_views import TABLES, create_tables, stored_columns
from tests.dbt.shops import Row, Shop
from tests.shared import made_once, uncompiled
from tests.warehouse_files import opened

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = CHECKOUT / "dbt_project"
CLIENT = Client.model_validate(
    {
        "client": "demo",
        "name": "D",
        "currency": "USD",
        "time_zone": "UTC",
        "analysis": yaml.safe_load((CHECKOUT / "clients" / "demo.yml").read_text(encoding="utf-8"))["analysis"],
        "sources": {"orders": {"kind": "demo"}, "products": {"kind": "fake_store_api", "url": "https://shop.example"}},
    }
)
# What says which days of the facts to compute again.
SIGNATURES = (
    *("int_superseded", "int_customer_spans", "int_product_spans", "int_charge_products", "int_foreign_orders"),
    *("int_day_signatures", "int_adjusted_lines"),
)
# What a required column holds that a test has nothing to say about.
FILLERS: Mapping[str, Any] = {
    "BOOLEAN": True,
    "DATE": date(2028, 1, 1),
    "TIMESTAMP": datetime.combine(date(2028, 1, 1), time(12)),
    "INTEGER": 1,
    "BIGINT": 1,
    "VARCHAR": "x",
    "DECIMAL(18,2)": Decimal(0),
    "DECIMAL(19,3)": Decimal(1),
    "DECIMAL(18,4)": Decimal(0),
    "DECIMAL(19,8)": Decimal(1),
    "DECIMAL(38,7)": Decimal(0),
    "MAP(VARCHAR, VARCHAR)": None,
}


class Warehouse:
    """The two files that the runs of a session use, and dbt on them."""

    def __init__(self, data_dir: Path, factory: pytest.TempPathFactory, manifest: Manifest) -> None:
        self._factory = factory
        self.paths = ClientPaths(data_dir, "demo")
        self.path = self.paths.warehouse
        self.path.parent.mkdir(parents=True)
        work_dir = factory.mktemp("dbt")
        self.target, self._logs = work_dir / "target", work_dir / "logs"
        self.manifest = manifest

    def write(self, shop: Shop) -> None:
        """Make raw hold exactly the shop; what dbt has built stays."""
        with duckdb.connect(str(self.path)) as connection:
            create_tables(connection)
            connection.execute(derived_views(CLIENT))
            connection.execute("create schema if not exists delivered")
            deliveries: set[str] = set()
            for table in TABLES:
                dataset = "orders" if table in ("order_items", "payments") else table
                rows = [
                    {"_line": line, "_delivery_id": f"{dataset}/{1 + row.get('is_current', True)}/0001"} | row
                    for line, row in enumerate(getattr(shop, table, ()), start=1)
                ]
                deliveries |= {row["_delivery_id"] for row in rows}
                self._fill(connection, table, rows)
                stored = ", ".join(stored_columns(table))
                connection.execute(f"create or replace view delivered.{table} as select {stored} from raw.{table}")
            said = {"analysis": CLIENT.analysis.model_dump_json(), "order_day": CLIENT.order_day}
            self._fill(connection, "client", [said | row for row in shop.client])
            days = dict.fromkeys(sorted(deliveries), date(2028, 1, 1)) | shop.logical_dates
            ledger = [
                {"delivery_id": name, "dataset": name.partition("/")[0], "logical_date": day, "is_replaced": False}
                for name, day in days.items()
            ]
            self._fill(connection, "load_ledger", ledger)

    def _fill(self, connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
        """Make a raw table hold exactly some rows; what they leave out is filled where it is required."""
        columns = connection.execute(f"describe raw.{table}").fetchall()
        fillers = {name: FILLERS[kind] if null == "NO" else None for name, kind, null, *_ in columns}
        connection.execute(f"delete from raw.{table}")
        if rows:
            connection.executemany(
                f"insert into raw.{table} values ({', '.join('?' * len(fillers))})",
                [[(fillers | row)[name] for name in fillers] for row in rows],
            )

    def build(self, shop: Shop) -> None:
        """Make raw hold exactly the shop and run every model; what one test has built the others copy."""
        name = f"built_{hashlib.sha256(repr(shop).encode()).hexdigest()}"

        def make(folder: Path) -> None:
            self.clear()
            self.write(shop)
            self.run()
            shutil.copytree(self.path.parent, folder, dirs_exist_ok=True)

        built = made_once(self._factory, name, make)
        self.clear()
        shutil.copytree(built, self.path.parent, dirs_exist_ok=True)

    def clear(self) -> None:
        """Start without a warehouse."""
        for file in self.path.parent.iterdir():
            file.unlink()

    def dbt(self, *arguments: str) -> dict[str, NodeResult]:
        """Run a dbt command and return its results by the node's name; a failing node does not raise."""
        outcome = self._invoke(dbtRunner(manifest=uncompiled(self.manifest)), *arguments)
        return {result.node.name: result for result in outcome.result or ()}

    def run(self, *arguments: str) -> None:
        """`dbt run`; every model must succeed."""
        results = self.dbt("run", *arguments)
        failed = {name: result.message for name, result in results.items() if result.status != "success"}
        assert not failed
        assert results

    def compiled(self, *arguments: str) -> list[CompiledNode]:
        """What a first build would execute, in its sequence; copies, as the next run of dbt changes the manifest."""
        results = self.dbt("compile", "--full-refresh", *arguments)
        return [copy.deepcopy(result.node) for result in results.values()]

    def execute_models(self, nodes: Sequence[CompiledNode]) -> None:
        """Make the relations of compiled models again without dbt, which takes two seconds to begin."""
        with opened(self.paths) as connection:
            for node in nodes:
                kind = "view" if node.config.materialized == "view" else "table"
                connection.execute(f"create schema if not exists {node.database}.{node.schema}")
                connection.execute(f"create or replace {kind} {node.relation_name} as {node.compiled_code}")

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The answer of a query as dictionaries."""
        with opened(self.paths) as connection:
            cursor = connection.execute(query, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def execute(self, *statements: str) -> None:
        """Change the files behind dbt's back."""
        with opened(self.paths) as connection:
            for statement in statements:
                connection.execute(statement)

    def _invoke(self, runner: dbtRunner, *arguments: str) -> Any:
        outcome = runner.invoke(
            [
                *arguments,
                *("--quiet", "--no-use-colors", "--no-write-json", "--log-level", "none", "--log-level-file", "none"),
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", str(self.target), "--log-path", str(self._logs)),
            ]
        )
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if outcome.exception is not None:
            raise outcome.exception
        return outcome


@pytest.fixture(scope="session")
def session_warehouse(tmp_path_factory: pytest.TempPathFactory, parsed_project: Manifest) -> Iterator[Warehouse]:
    """One warehouse for all tests."""
    data_dir = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALES_DATA_DIR", str(data_dir))
        patch.delenv("SALES_CLIENT", raising=False)
        yield Warehouse(data_dir, tmp_path_factory, parsed_project)
    shutil.rmtree(data_dir)


@pytest.fixture
def warehouse(session_warehouse: Warehouse) -> Warehouse:
    """The warehouse, empty."""
    session_warehouse.clear()
    return session_warehouse
