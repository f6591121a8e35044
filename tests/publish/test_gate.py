"""Only a complete build, tested after the last load and in the right order, passes the gate."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from publish.build_file import start_build
from publish.errors import PublishError
from serve.summary import summarise
from tests.publish.conftest import MODELS

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

Rewrite = Callable[[Callable[[dict[str, Any]], None]], None]


def refused(shop: "Shop", match: str) -> str:
    with pytest.raises(PublishError, match=match) as refusal:
        shop.publish()
    assert str(refusal.value).endswith("The published file is unchanged.")
    return str(refusal.value)


def test_a_failed_test_is_refused_and_readers_keep_what_they_have(shop: "Shop") -> None:
    shop.publish()
    shop.dbt(net_adds_up="fail")
    message = refused(shop, r"not fit to publish: net_adds_up ended as fail \(Got 3 results\); expected every model")
    assert "Run `sales build`" in message
    assert summarise(shop.paths).version == 1


def test_the_latest_result_counts(shop: "Shop") -> None:
    shop.dbt(net_adds_up="fail")
    shop.dbt("net_adds_up")
    assert shop.publish().tests_passed == 2


def test_a_skipped_model_is_refused(shop: "Shop") -> None:
    shop.dbt(fct_orders="error", mart_daily_sales="skipped")
    refused(shop, "fct_orders ended as error, mart_daily_sales ended as skipped;")


def test_a_model_without_a_result_is_refused(shop: "Shop", rewrite_manifest: Rewrite) -> None:
    def add(nodes: dict[str, Any]) -> None:
        nodes["model.sales.mart_new"] = {**nodes["model.sales.mart_daily_sales"], "name": "mart_new"}

    rewrite_manifest(add)
    refused(shop, "mart_new has no result;")


def test_a_model_that_is_gone_from_the_project_is_not_published(shop: "Shop", rewrite_manifest: Rewrite) -> None:
    shop.sql("create table core.dim_gone as select 1 as one")
    assert "core.dim_gone" not in shop.publish().row_counts


def test_a_build_from_before_the_last_load_is_refused_but_for_seeds(shop: "Shop") -> None:
    shop.deliver("orders/2026-10/0002")
    message = refused(shop, "stg_orders was run before the last load, .* and 13 more;")
    assert "holidays" not in message
    shop.dbt()
    shop.publish()


def test_a_clock_that_was_set_back_changes_nothing(shop: "Shop") -> None:
    shop.now = shop.now.replace(day=1, month=1)
    shop.dbt()
    shop.publish()
    shop.deliver("orders/2026-10/0002")
    refused(shop, "was run before the last load")


def test_a_model_built_again_needs_its_tests_and_what_is_made_of_it(shop: "Shop") -> None:
    shop.dbt("fct_transactions")
    refused(
        shop,
        "mart_daily_sales was run before fct_transactions was built again, "
        "net_adds_up was run before fct_transactions was built again;",
    )


def test_what_is_made_through_an_ephemeral_model_counts_too(shop: "Shop") -> None:
    shop.dbt("stg_orders")
    refused(shop, "publish: fct_orders was run before stg_orders was built again;")


def test_a_dbt_run_that_was_killed_is_refused_until_everything_was_run_again(shop: "Shop") -> None:
    shop.dbt(finish=False)
    shop.dbt("mart_daily_sales")
    message = refused(shop, "stg_orders was run before a dbt run that did not finish")
    assert "mart_daily_sales was" not in message
    shop.dbt()
    shop.publish()


def test_a_delivery_that_was_not_verified_is_refused(shop: "Shop") -> None:
    shop.deliver("orders/2026-10/0002", is_verified=False)
    shop.dbt()
    message = refused(shop, "1 deliveries were loaded and not verified, orders/2026-10/0002 among them; expected")
    assert "Run `sales verify`" in message


@pytest.mark.parametrize("gone", ["table audit.dbt_results", "view raw.column_changes"])
def test_a_warehouse_that_was_never_built_is_refused(shop: "Shop", gone: str) -> None:
    shop.sql(f"drop {gone}")
    refused(
        shop, r"not loaded and built yet, or by an older version .*Run `sales load`, `sales verify` and `sales build`"
    )


def test_a_build_that_the_last_run_did_not_write_is_refused(shop: "Shop") -> None:
    """As after a backup of one of the files was restored; `sales build` makes it again."""
    shop.sql("update build.main.built_by set invocation_id = 'i0'")
    message = refused(shop, "the build file is not what the last run of dbt on this warehouse wrote; expected")
    assert "Run `sales build`" in message
    start_build(shop.paths, "duckdb", full_refresh=False)
    assert not shop.paths.build.exists()
    refused(shop, "there is no build .*build.duckdb; expected the file that dbt builds")


def test_a_build_that_lacks_a_table_is_refused(shop: "Shop") -> None:
    shop.sql("drop table core.fct_weather")
    refused(shop, "the build file has no core.fct_weather; expected")


def test_a_build_goes_on_from_the_file_of_the_last_run(shop: "Shop") -> None:
    start_build(shop.paths, "duckdb", full_refresh=False)
    assert shop.sql("select count(*) from core.fct_orders") == [(3,)]
    start_build(shop.paths, "duckdb", full_refresh=True)
    assert not shop.paths.build.exists()


def test_a_manifest_that_is_missing_or_broken_is_named(shop: "Shop") -> None:
    shop.manifest.write_text("{")
    refused(shop, r"manifest\.json cannot be read \(JSONDecodeError")
    shop.manifest.unlink()
    refused(shop, r"manifest\.json cannot be read \(FileNotFoundError")


def note_contents(shop: "Shop") -> None:
    """As dbt's hook does at the end of a run."""
    facts = "row_count bigint, content_hash varchar"
    shop.sql(f"create or replace table audit.built_tables (table_name varchar, {facts})")
    for name, (schema, kind, _) in MODELS.items():
        if schema in ("core", "marts") and kind != "ephemeral":
            shop.sql(
                f"insert into audit.built_tables select '{schema}.{name}', count(*), "
                f"cast(coalesce(sum(hash(*columns(*))), 0) as varchar) from build.{schema}.{name}"
            )


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("update build.marts.mart_daily_sales set net_sales = net_sales + 1", "marts.mart_daily_sales"),
        ("update build.marts.mart_daily_sales set returned_units = 0", "marts.mart_daily_sales"),
        ("update build.core.fct_orders set tips = 9", "core.fct_orders"),
        ("delete from build.core.fct_weather", "core.fct_weather"),
        ("insert into build.core.fct_order_charges values ('o1', 0)", "core.fct_order_charges"),
        ("alter table build.core.fct_orders add column said varchar", "core.fct_orders"),
        ("delete from audit.built_tables where table_name = 'core.fct_events'", "core.fct_events"),
    ],
)
def test_a_table_that_was_changed_after_the_build_is_not_published(shop: "Shop", statement: str, named: str) -> None:
    note_contents(shop)
    assert shop.publish().number == 1
    shop.sql(statement)
    with pytest.raises(PublishError, match=rf"^{named} changed after dbt had built and tested them"):
        shop.publish()
