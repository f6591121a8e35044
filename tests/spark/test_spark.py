"""A real Spark builds the tables that DuckDB does, row for row."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.environment import CHECKOUT
from contracts.paths import ClientPaths
from dbt_on_spark.tables import table_folder
from tests.spark.commands import done, kill_when, sales
from tests.spark.compare import differences, published_differences
from tests.spark.conftest import BothEngines

pytestmark = [pytest.mark.spark, pytest.mark.needs("java"), pytest.mark.timeout(2400)]
# What the page tells people to type.
PAGE = CHECKOUT / "docs" / "how-to" / "spark.md"
BUILD, REFRESH = (line.split() for line in re.findall(r"^dbt (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def leave_half_a_write(paths: ClientPaths, schema: str, table: str) -> None:
    """What a run leaves that is killed while it writes: files that no catalog knows, or that are not in place yet."""
    file = table_folder(paths, schema, table) / "part-0.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.table({"order_id": ["half"]}), file)


def test_spark_builds_what_duckdb_does(engines: BothEngines, tmp_path: Path) -> None:
    """One test, because a session of Spark and a first build are most of it."""
    engines.land(date(2026, 10, 7))
    by_duckdb = tmp_path / "build.duckdb"
    shutil.copyfile(engines.paths.build, by_duckdb)
    with engines.said_in_the_client_file({"engine": {"kind": "spark", "master": "local[2]"}}):
        leave_half_a_write(engines.paths, "core", "fct_orders")
        kill_when(sales("build"), "OK created sql incremental model core.fct_orders")
        leave_half_a_write(engines.paths, "core", "fct_orders/.spark-staging-1/order_date=2026-10-01")
        kill_when(sales("build"), "OK created sql table model marts.mart_daily_sales")
        assert "the build is not fit to publish" in done("publish", code=1)
        assert not engines.paths.published_file.exists()
        assert "models and tests passed" in done("build")
        done("publish")
    assert published_differences(engines.paths, by_duckdb) == {}
    engines.paths.build.unlink()

    before = engines.partitions("fct_orders")
    engines.land(date(2026, 10, 8))
    results = engines.dbt(*BUILD)
    assert differences(engines.paths) == {}
    after = engines.partitions("fct_orders")
    assert after.keys() - before.keys() <= {"order_date=2026-10-08"}
    assert len([day for day in before if after.get(day) == before[day]]) > len(before) / 2
    kinds = {result.node.resource_type for result in results.values()}
    assert {"model", "test", "unit_test"} <= kinds
    rules = next((engines.paths.spark / "dbt" / "compiled").rglob("fct_orders_rules.sql")).read_text(encoding="utf-8")
    assert "order_id is null" in rules, "which DuckDB refuses by the contract"

    engines.dbt(*REFRESH)
    assert differences(engines.paths) == {}
    with duckdb.connect(str(engines.paths.build)) as con:
        con.execute("update marts.mart_daily_sales set net = net + 0.01 where order_count > 0")
        ((changed,),) = con.execute("select count(*) from marts.mart_daily_sales where order_count > 0").fetchall()
    expected = f"{changed} rows of DuckDB alone, {changed} of Spark alone"
    assert differences(engines.paths) == {"marts.mart_daily_sales": expected}
