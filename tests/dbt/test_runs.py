"""dbt as a person types it, and what a run leaves behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dbt.contracts.graph.nodes import HookNode

from publish.failing_rows import failing_keys
from tests.dbt.conftest import PROJECT, Warehouse
from tests.dbt.shops import hand_made

pytestmark = pytest.mark.xdist_group("dbt runs")
DBT = Path(sys.executable).with_name("dbt")


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SALES_", "DBT_"))}
    return subprocess.run([DBT, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.system
def test_run_and_test_work_as_typed_and_leave_no_junk(warehouse: Warehouse, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    copy = tmp_path / "data" / "demo" / "warehouse" / "warehouse.duckdb"
    done = typed(project, "run")
    assert done.returncode != 0
    assert "data/demo/warehouse/build.duckdb" in done.stdout
    assert not copy.parent.exists()

    warehouse.write(hand_made())
    copy.parent.mkdir(parents=True)
    shutil.copy(warehouse.path, copy)
    before = {path.relative_to(tmp_path) for path in tmp_path.rglob("*")}
    for verb in ("run", "test"):
        done = typed(project, verb)
        assert done.returncode == 0, done.stdout
        assert "ERROR=0" in done.stdout
    new = {path.relative_to(tmp_path) for path in tmp_path.rglob("*")} - before
    new.remove(copy.with_name("build.duckdb").relative_to(tmp_path))
    assert {path.parts[:2] for path in new} <= {("dbt_project", "target"), ("dbt_project", "logs")}


def test_outcomes_are_noted_whatever_the_message_says(warehouse: Warehouse) -> None:
    warehouse.build(hand_made())
    warehouse.execute(
        "create table main.kept as from staging.stg_returns",
        "create or replace view staging.stg_returns as "
        "select * replace (error('it''s \"broken\"; {{ 1 }} -- 🦄') as return_id) from main.kept",
    )
    results = warehouse.dbt("run", "--select", "fct_returns")
    assert results["fct_returns"].status == "error"
    (noted,) = warehouse.rows(
        "select * from audit.dbt_results where unique_id = 'model.sales_analytics.fct_returns' and status = 'error'"
    )
    assert noted["resource_type"] == "model"
    assert 'it\'s "broken"; {{ 1 }} -- 🦄' in noted["message"]
    assert noted["message"] == results["fct_returns"].message


def test_every_result_of_a_build_is_noted(warehouse: Warehouse) -> None:
    warehouse.write(hand_made())
    results = warehouse.dbt("build", "--select", "stg_customers", "stg_returns")
    nodes = {
        result.node.unique_id: str(result.status)
        for result in results.values()
        if not isinstance(result.node, HookNode)
    }
    noted = {row["unique_id"]: row["status"] for row in warehouse.rows("select * from audit.dbt_results")}
    assert nodes
    assert noted == nodes


def test_a_run_of_nothing_notes_nothing(warehouse: Warehouse) -> None:
    warehouse.write(hand_made())
    assert warehouse.dbt("run", "--select", "no_such_model") == {}


def test_the_rows_of_a_failing_test_are_kept_and_named_by_their_keys(warehouse: Warehouse) -> None:
    warehouse.write(hand_made())
    warehouse.run("--select", "+fct_orders", "+dim_customers")
    warehouse.execute(
        "update core.fct_orders set item_count = -1 where order_id in ('free', 'thirds')",
        "insert into core.dim_customers by name select * replace ('who@example.com' as email) "
        "from core.dim_customers where customer_id = '007'",
    )
    select = ("--select", "fct_orders", "dim_customers")
    results = warehouse.dbt("test", *select)
    failed = {str(result.node.unique_id): name for name, result in results.items() if result.status == "fail"}
    told = {failed[unique_id]: keys for unique_id, keys in failing_keys(warehouse.path, failed).items()}
    assert told["dim_customers_rules"] == "unique of customer_id: customer_id 007"
    assert told["fct_orders_rules"].startswith("accepted_range of item_count: order_id free, ")
    assert " | order_id thirds, " in told["fct_orders_rules"]
    kept = warehouse.rows("select unique_id, row_content from audit.failing_rows")
    assert {row["unique_id"] for row in kept} == failed.keys()
    assert "who@example.com" not in str(told)

    warehouse.run("--full-refresh", "--select", "fct_orders", "dim_customers")
    warehouse.dbt("test", *select)
    assert warehouse.rows("select * from audit.failing_rows") == []
    assert failing_keys(warehouse.path, failed) == {}


def test_a_missing_value_stops_the_model_and_names_its_column(warehouse: Warehouse) -> None:
    """The contract's constraint takes the place of a test, which would have named the row."""
    warehouse.write(hand_made())
    warehouse.run("--select", "+fct_returns", "--exclude", "fct_returns")
    warehouse.execute(
        "create table main.kept as from staging.stg_returns",
        "create or replace view staging.stg_returns as select * replace (null::date as returned_date) from main.kept",
    )
    results = warehouse.dbt("run", "--select", "fct_returns")
    assert results["fct_returns"].status == "error"
    assert "NOT NULL constraint failed: fct_returns" in str(results["fct_returns"].message)
    assert ".returned_date" in str(results["fct_returns"].message)
