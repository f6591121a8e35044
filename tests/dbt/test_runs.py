"""dbt as a person types it, and what a run leaves behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dbt.contracts.graph.nodes import HookNode

from publish import contents
from publish.failing_rows import failing_keys
from publish.table_profile import profile_tables
from tests.dbt.conftest import PROJECT, Warehouse
from tests.dbt.shops import hand_made
from tests.warehouse_files import opened

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
        "create table main.kept as from staging.stg_weather",
        "create or replace view staging.stg_weather as "
        "select * replace (error('it''s \"broken\"; {{ 1 }} -- 🦄') as country) from main.kept",
    )
    results = warehouse.dbt("run", "--full-refresh", "--select", "fct_weather")
    assert results["fct_weather"].status == "error"
    (noted,) = warehouse.rows(
        "select * from audit.dbt_results where unique_id = 'model.sales_analytics.fct_weather' and status = 'error'"
    )
    assert noted["resource_type"] == "model"
    assert 'it\'s "broken"; {{ 1 }} -- 🦄' in noted["message"]
    assert noted["message"] == results["fct_weather"].message


def test_every_result_of_a_build_is_noted(warehouse: Warehouse) -> None:
    warehouse.write(hand_made())
    results = warehouse.dbt("build", "--select", "stg_customers", "stg_weather")
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
    warehouse.run("--select", "+fct_refunds", "--exclude", "fct_refunds")
    warehouse.execute("update intermediate.int_refunds set refunded_date = null")
    results = warehouse.dbt("run", "--select", "fct_refunds")
    assert results["fct_refunds"].status == "error"
    assert "NOT NULL constraint failed: fct_refunds" in str(results["fct_refunds"].message)
    assert ".refunded_date" in str(results["fct_refunds"].message)


def _contents_said(warehouse: Warehouse) -> dict[str, tuple[int, str]]:
    rows = warehouse.rows("select * from audit.built_tables")
    assert len({row["table_name"] for row in rows}) == len(rows)
    return {row["table_name"]: (row["row_count"], f"{int(row['content_hash']):x}") for row in rows}


def test_each_run_notes_what_it_left_in_the_tables_that_it_built(warehouse: Warehouse) -> None:
    warehouse.build(hand_made())
    said = _contents_said(warehouse)
    with opened(warehouse.paths) as con:
        tables = {name for name in contents.tables(con, "build") if name.startswith(("core.", "marts."))}
        facts = profile_tables(con, "build", tables)
        con.execute("update build.marts.mart_daily_sales set net_sales = 1")
        con.execute("delete from build.core.fct_weather")
    assert said == {table: (fact.row_count, fact.fingerprint) for table, fact in facts.items()}
    warehouse.dbt("run", "--select", "mart_daily_sales")
    assert _contents_said(warehouse) == said, "what was not built again is as dbt left it, not as somebody did"
