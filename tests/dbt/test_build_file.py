"""Core and marts lie in a file of their own: what becomes of a build when it is gone, of another time or half."""

from __future__ import annotations

import random
import shutil

import duckdb
import pytest

from publish.build_file import start_build
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import hand_made, made_at_random
from tests.dbt.test_figures import assert_facts
from tests.dbt.test_increments import CHANGES

pytestmark = pytest.mark.xdist_group("dbt increments")


def test_each_layer_lies_in_its_file_and_the_build_is_of_storage_version_1_0_0(warehouse: Warehouse) -> None:
    warehouse.build(hand_made())
    schemas = """
    select schema_name from duckdb_tables() union select schema_name from duckdb_views() where not internal
    """
    with duckdb.connect(warehouse.paths.build, read_only=True) as con:
        assert {name for (name,) in con.execute(schemas).fetchall()} == {"main", "core", "marts"}
    with duckdb.connect(warehouse.paths.warehouse, read_only=True) as con:
        assert {name for (name,) in con.execute(schemas).fetchall()} == {
            *("raw", "delivered", "staging", "intermediate", "analytics", "audit"),
        }
        assert con.execute("select count(*) > 0 from staging.stg_orders").fetchall() == [(True,)], "also opened alone"
    assert int.from_bytes(warehouse.paths.build.read_bytes()[12:20], "little") == 64


def test_a_full_refresh_that_was_killed_is_finished_by_the_next_build(warehouse: Warehouse) -> None:
    """It removes the file first, so what is there then is what it had come to; facts that are not are built whole."""
    rng = random.Random(7)
    shop = made_at_random(7)
    warehouse.build(shop)
    for change in CHANGES:
        change(shop, rng)
    warehouse.write(shop)
    start_build(warehouse.paths, "duckdb", full_refresh=True)
    warehouse.run("--full-refresh", "--select", "fct_orders", "fct_refunds")
    start_build(warehouse.paths, "duckdb", full_refresh=False)
    warehouse.run()
    assert_facts(warehouse, shop)


def test_a_build_of_another_time_is_refused_and_made_again(warehouse: Warehouse) -> None:
    """As when one of the two files comes from a backup: its facts may carry changes of a load that never was."""
    shop = hand_made()
    warehouse.build(shop)
    backup = warehouse.paths.build.with_name("backup.duckdb")
    shutil.copyfile(warehouse.paths.build, backup)
    warehouse.run("--select", "fct_orders")
    backup.replace(warehouse.paths.build)
    (hook, *_) = [result for result in warehouse.dbt("run").values() if result.status == "error"]
    assert "build.duckdb is not what the last run of dbt on this warehouse.duckdb left: remove it" in str(hook.message)
    start_build(warehouse.paths, "duckdb", full_refresh=False)
    assert not warehouse.paths.build.exists()
    warehouse.run()
    assert_facts(warehouse, shop)


def test_a_build_of_another_engine_is_none_to_go_on_from(warehouse: Warehouse) -> None:
    """Each engine knows the days that changed by hashes of its own; what Spark built is taken whole each time."""
    warehouse.build(hand_made())
    backup = warehouse.paths.build.with_name("backup.duckdb")
    shutil.copyfile(warehouse.paths.build, backup)
    for before, now in (("duckdb", "spark"), ("spark", "duckdb"), ("spark", "spark"), ("duckdb", "duckdb")):
        shutil.copyfile(backup, warehouse.paths.build)
        with duckdb.connect(warehouse.paths.build) as con:
            assert con.execute("select engine from main.built_by").fetchall() == [("duckdb",)]
            con.execute("update main.built_by set engine = ?", [before])
        start_build(warehouse.paths, now, full_refresh=False)
        assert warehouse.paths.build.exists() is (before == now == "duckdb")


def test_a_warehouse_that_an_older_version_built_is_built_whole(warehouse: Warehouse) -> None:
    """Until then core and marts were in the warehouse, which the next load takes out of it."""
    shop = hand_made()
    warehouse.build(shop)
    warehouse.paths.build.unlink()
    warehouse.execute("create schema warehouse.core", "create table warehouse.core.fct_orders as select 1 as order_id")
    warehouse.run()
    assert_facts(warehouse, shop)
