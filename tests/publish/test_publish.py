"""A publication holds exactly the tested warehouse, in a form that every reader opens, and says where it is from."""

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from publish import contents, publisher, versions
from publish.errors import PublishError
from publish.reconciliation import Reconciliation
from serve.published import NotPublishedError
from serve.summary import summarise

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

ROWS = {
    "core.fct_ad_spend": 1,
    "core.fct_balance_transactions": 2,
    "core.fct_events": 1,
    "core.fct_inventory_daily": 2,
    "core.fct_order_charges": 0,
    "core.fct_order_discounts": 2,
    "core.fct_order_taxes": 3,
    "core.fct_orders": 3,
    "core.fct_payments": 3,
    "core.fct_refunds": 1,
    "core.fct_returns": 1,
    "core.fct_subscriptions": 1,
    "core.fct_transactions": 3,
    "core.fct_weather": 1,
    "marts.mart_daily_sales": 2,
}
TABLES = [*ROWS]
IN_FACTS = {
    "order_rows": 3,
    "item_rows": 3,
    "refund_rows": 1,
    "paid_back": Decimal("55.99"),
    "payment_rows": 3,
    "captured": Decimal("224.96"),
    "spend": Decimal("12.34"),
    "inventory_rows": 2,
    "stock_on_hand": 6,
    "event_count": 5,
    "subscription_rows": 1,
    "monthly_amount": Decimal("9.99"),
    "weather_rows": 1,
    "order_discount_rows": 2,
    "order_discounts": Decimal("5.00"),
    "order_tax_rows": 3,
    "order_taxes": Decimal("3.00"),
    "balance_rows": 2,
    "balance_amount": Decimal("9.98"),
    "total": Decimal("109.98"),
}


def test_core_and_marts_are_published_as_the_build_has_them_and_nothing_else(shop: "Shop") -> None:
    shop.sql(
        "create view core.orders as from core.fct_orders",
        "create index by_order on core.fct_orders (order_id)",
        "create schema build.scratch",
        "create table build.scratch.notes as select 1 as one",
        "create table core.dim_gone as select 1 as one",
        "create sequence build.main.numbers",
        "create macro build.main.twice(a) as 2 * a",
        "create type build.core.size as enum ('s', 'm')",
    )
    shop.publish()
    for table in TABLES:
        assert shop.published(f"select * from {table} order by all") == shop.sql(f"select * from {table} order by all")
    assert shop.published("select schema_name || '.' || table_name from duckdb_tables() order by 1") == [
        (name,) for name in sorted([*TABLES, *publisher.META_TABLES])
    ]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{shop.paths.published_file}' as published (read_only)")
        assert contents.others(connection, "published") == []
        schemas = connection.execute("select schema_name from duckdb_schemas() where database_name = 'published'")
        assert {name for (name,) in schemas.fetchall()} & {"scratch", "core", "marts"} == {"core", "marts"}


def test_the_file_says_what_its_tables_are_and_how_its_metrics_are_defined(
    shop: "Shop", rewrite_manifest: Callable[[Callable[[dict[str, Any]], None]], None]
) -> None:
    def describe(nodes: dict[str, Any]) -> None:
        order = next(one for one in nodes.values() if one["name"] == "fct_orders")
        order |= {
            "description": "An order's row.",
            "columns": {"order_id": {"description": "Its number."}, "new": {"description": "-"}},
        }

    rewrite_manifest(describe)
    place = {"node_relation": {"alias": "fct_orders", "schema_name": "core", "database": "build", "relation_name": "x"}}
    metrics = {"semantic_models": [place], "project_configuration": {"time_spines": []}, "metrics": ["m"]}
    shop.manifest.with_name("semantic_manifest.json").write_text(json.dumps(metrics))
    shop.publish()
    of_table = "select comment from duckdb_tables() where table_name = 'fct_orders'"
    of_column = "select comment from duckdb_columns() where table_name = 'fct_orders' and column_name = 'order_id'"
    assert (shop.published(of_table), shop.published(of_column)) == ([("An order's row.",)], [("Its number.",)])
    ((definitions,),) = shop.published("select definitions from _meta_metrics")
    said = json.loads(str(definitions))
    assert said["metrics"] == ["m"]
    assert said["semantic_models"][0]["node_relation"]["relation_name"] == '"core"."fct_orders"'


def test_the_file_is_alone_read_only_and_of_storage_version_1_0_0(shop: "Shop") -> None:
    shop.publish()
    assert shop.files() == {"sales_analytics.duckdb", "versions/000001.duckdb", "versions/000001.json"}
    for path in (shop.paths.published_file, shop.paths.published / "versions" / "000001.duckdb"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert not os.path.samefile(shop.paths.published_file, shop.paths.published / "versions" / "000001.duckdb")  # noqa: PTH121
    header = shop.paths.published_file.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64
    assert shop.published("select wal_size from pragma_database_size()") == [("0 bytes",)]


def test_meta_says_what_was_published_and_how_it_was_tested(shop: "Shop") -> None:
    shop.deliver("products/2026-10-31/0001", "products", quarantined=2)
    for origin, is_current in [("bundled", True), ("bundled", False), ("api", True)]:
        shop.insert("products", {"origin": origin, "is_current": is_current})
    shop.dbt(net_adds_up="warn")
    version = shop.publish()
    assert shop.published("select * exclude (data_fingerprint) from _meta") == [
        (
            *(1, "shop", "The Shop", "EUR", "Europe/Berlin", "run-0704", date(2026, 10, 31)),
            *(datetime(2026, 11, 1, 7, 4, 30), "0.1.0+test", 1, 1, 0),  # noqa: DTZ001 naive UTC in DuckDB
            "\n".join(
                [
                    "tests that warned: net_adds_up: 3 rows",
                    "older products: 1 products come from the bundled catalogue, not from the API of today",
                    "rows in quarantine: 2 of products",
                ]
            ),
        )
    ]
    assert shop.published("select schema_name || '.' || table_name, row_count from _meta_tables order by 1") == [
        *ROWS.items()
    ]
    # By hand: 2 x 55.99 of the one order that is neither cancelled nor unpaid, less 5.00; one piece came back.
    assert shop.published("select * from _meta_reconciliation") == [
        *((measure, amount, amount, None, amount) for measure, amount in IN_FACTS.items()),
        *(
            (measure, amount, amount, amount, amount)
            for measure, amount in [
                ("order_count", Decimal(1)),
                ("gross", Decimal("111.98")),
                ("discount", Decimal("5.00")),
                ("net", Decimal("106.98")),
            ]
        ),
        ("refunds", None, Decimal("55.99"), Decimal("55.99"), Decimal("55.99")),
    ]
    assert shop.published("select dataset, landed, loaded, quarantined, duplicate from _meta_deliveries") == [
        ("orders", 4, 3, 0, 1),
        ("products", 3, 0, 2, 1),
        ("returns", 2, 1, 0, 1),
    ]
    assert shop.published("select data_fingerprint from _meta") == [(version.data_fingerprint,)]


def test_columns_that_changed_are_told_by_the_next_version_and_no_later_one(shop: "Shop") -> None:
    changed = "update raw.load_ledger set file_columns = map {'id': 'VARCHAR'} where delivery_id like 'orders/%'"
    shop.sql(changed)
    assert shop.publish().warnings == ()
    shop.deliver("orders/2026-11/0001")
    added = "update raw.load_ledger set file_columns = map {'id': 'VARCHAR', 'gift': 'VARCHAR'}"
    shop.sql(f"{added} where delivery_id = 'orders/2026-11/0001'")
    shop.dbt()
    shop.publish()
    (warning,) = summarise(shop.paths).warnings
    assert warning.startswith(
        "changed columns: orders/2026-11/0001: the column gift is new, compared with orders/2026-10/0001; map "
    )
    assert f"Warning     {warning}" in summarise(shop.paths).text()
    assert shop.publish().warnings == ()


def test_what_load_warned_of_is_told_and_counted_by_the_next_version_and_no_later_one(shop: "Shop") -> None:
    assert shop.publish().warnings == ()
    shop.deliver("orders/2026-11/0001")
    repeated = "repeated rows: orders/2026-11/0001: 1 of 4 rows"
    shop.sql(f"update raw.load_ledger set warnings = ['{repeated}', 'b'] where delivery_id = 'orders/2026-11/0001'")
    shop.dbt()
    shop.publish()
    summary = summarise(shop.paths)
    assert summary.warnings == (repeated, "b")
    assert summary.text().splitlines()[-1] == "Warnings    2 warnings: 1 of repeated rows, 1 of other kinds"
    assert shop.publish().warnings == ()


def test_the_fingerprint_tells_the_same_data_from_other_data(shop: "Shop") -> None:
    first, again = shop.publish(), shop.publish()
    assert (first.number, again.number) == (1, 2)
    assert first.data_fingerprint == again.data_fingerprint
    shop.sql("update core.fct_orders set order_date = '2026-10-30' where order_id = 'o3'")
    assert shop.publish().data_fingerprint != first.data_fingerprint


def test_the_summary_is_read_from_the_published_file(shop: "Shop") -> None:
    shop.dbt(net_adds_up="warn")
    shop.publish()
    shop.paths.warehouse.unlink()
    summary = summarise(shop.paths)
    assert (summary.order_count, summary.revenue, summary.net_sales) == (1, Decimal("106.98"), Decimal("50.99"))
    assert (summary.last_sale_date, summary.data_through) == (date(2026, 10, 31), date(2026, 10, 31))
    assert summary.row_counts == ROWS
    assert summary.balance == (
        "6 records landed = 4 loaded + 0 in quarantine + 2 repeated; "
        "sales and refunds match in raw, core, marts and the published file"
    )
    for line in (
        "  core.fct_transactions                     3",
        "Tests       1 passed, 1 warned",
        "Revenue     106.98 EUR in 1 orders",
        "Net sales   50.99 EUR after refunds",
        "Data        through 2026-10-31, last sale on 2026-10-31",
        f"Balance     {summary.balance}",
        f"File        {shop.paths.published_file}",
        "Warning     tests that warned: net_adds_up: 3 rows",
    ):
        assert line in summary.text().splitlines()


def test_the_summary_refuses_what_was_never_published_or_was_altered(shop: "Shop") -> None:
    with pytest.raises(NotPublishedError, match=r"there is no .*sales_analytics\.duckdb; expected a published version"):
        summarise(shop.paths)
    shop.publish()
    content = bytearray(shop.paths.published_file.read_bytes())
    content[-1] ^= 1
    shop.paths.published_file.unlink()
    shop.paths.published_file.write_bytes(content)
    with pytest.raises(PublishError, match="was altered after it was published"):
        summarise(shop.paths)


@pytest.mark.parametrize(
    "column",
    [
        "sum(1)",
        "now()",
        "uuid()",
        "interval 1 day",
        "1::decimal(38, 2)",
        "1::tinyint",
        "[1]",
        "timestamp_ns '2026-01-01'",
        "1::float",
    ],
)
def test_a_column_type_that_readers_get_wrong_is_refused(shop: "Shop", column: str) -> None:
    shop.publish()
    shop.sql(
        f"""create or replace table core.fct_orders as
        select any_value(order_id) as order_id, true as is_sale, 0 as total, {column} as odd from raw.orders"""
    )
    with pytest.raises(
        PublishError, match=r"Power BI reads these column types wrongly: core\.fct_orders\.odd "
    ) as refusal:
        shop.publish()
    assert "Cast the column in its model" in str(refusal.value)
    assert summarise(shop.paths).version == 1


def test_a_file_that_is_not_the_build_fails_its_audit(shop: "Shop", monkeypatch: pytest.MonkeyPatch) -> None:
    shop.publish()
    write = publisher.write_version

    def write_and_lose_a_row(
        connection: duckdb.DuckDBPyConnection, source: Path, target: Path, **rest: object
    ) -> Reconciliation:
        books = write(connection, source, target, **rest)  # type: ignore[arg-type]
        with duckdb.connect(str(target)) as other:
            other.execute(
                "delete from core.fct_orders where order_id = 'o3'; create view main.extra as select 1 as one"
            )
        return books

    monkeypatch.setattr(publisher, "write_version", write_and_lose_a_row)
    with pytest.raises(
        PublishError,
        match=r"audit: core\.fct_orders has row_count 2 where the build has 3; main\.extra is not a table",
    ):
        shop.publish()
    assert summarise(shop.paths).version == 1
    assert shop.files() == {"sales_analytics.duckdb", "versions/000001.duckdb", "versions/000001.json"}


@pytest.mark.needs("mount")
def test_a_disk_without_room_is_named_before_anything_is_written(shop: "Shop") -> None:
    folder = shop.paths.published
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", folder], check=True)
    try:
        shop.publish()
        shop.sql(
            """create or replace table core.fct_returns as
            select 55.99::decimal(18, 2) as refund, string_agg(md5(i::varchar)) as x from range(200000) as t(i)"""
        )
        expected = rf"{folder} has \d+ MB free; expected \d+ MB for copies of the build .* exports .*\. Free space, or"
        with pytest.raises(PublishError, match=expected):
            shop.publish()
        assert shop.sql("select count(distinct run_id) from audit.reconciled_measures") == [(1,)]
        assert summarise(shop.paths).version == 1
        assert shop.files() == {"sales_analytics.duckdb", "versions/000001.duckdb", "versions/000001.json"}
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_disk_that_fills_up_at_the_last_step_does_not_get_fuller(
    shop: "Shop", monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish()
    files = shop.files()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(versions, "copy", fail)
    with pytest.raises(PublishError, match="the disk is full"):
        shop.publish()
    assert shop.files() == files


def test_an_interruption_after_the_switch_keeps_what_readers_see(shop: "Shop", monkeypatch: pytest.MonkeyPatch) -> None:
    shop.publish()
    finish = versions._finish

    def finish_and_stop(unfinished: Path, target: Path) -> None:
        finish(unfinished, target)
        if target == shop.paths.published_file:
            raise KeyboardInterrupt

    monkeypatch.setattr(versions, "_finish", finish_and_stop)
    with pytest.raises(KeyboardInterrupt):
        shop.publish()
    assert summarise(shop.paths).version == 2


def test_a_warehouse_in_use_is_named(shop: "Shop") -> None:
    hold = f"import duckdb; c = duckdb.connect({str(shop.paths.warehouse)!r}); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(PublishError, match=f"another process writes the warehouse .*PID {process.pid}"):
            shop.publish()
        process.kill()


def test_without_a_warehouse_the_first_step_is_named(shop: "Shop") -> None:
    shop.paths.warehouse.unlink()
    with pytest.raises(PublishError, match=r"there is no warehouse .*Run `sales run`"):
        shop.publish()
