"""A shop of three orders with a built and tested warehouse, made with SQL alone."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from contracts.client_file import Client
from contracts.paths import ClientPaths
from load.derived_views import derived_views
from load.raw_views import create_tables
from publish.publisher import publish
from publish.versions import Publication
from tests.shared import made_once
from tests.warehouse_files import opened

NOW = datetime(2026, 11, 1, 7, 0, 30, tzinfo=UTC)
# What a column holds that a test has nothing to say about.
FILLERS: dict[str, object] = {
    "BOOLEAN": True,
    "DATE": "2026-10-31",
    "TIMESTAMP": "2026-10-31 12:00:00",
    "VARCHAR": "x",
    "MAP(VARCHAR, VARCHAR)": None,
    "VARCHAR[]": None,
    "MISSING": None,
}
# A sale of 2 x 55.99 less 5.00, a cancelled order, an unpaid one; one return of 55.99.
RAW: dict[str, list[dict[str, object]]] = {
    "client": [{"client": "shop", "has_payments": True}],
    "orders": [
        {"order_id": "o1", "status": "completed", "discount_amount": 5, "tax_amount": 1, "shipping_amount": 2},
        {"order_id": "o2", "status": "cancelled", "tax_amount": 1, "shipping_amount": 2},
        {"order_id": "o3", "status": "placed", "tax_amount": 1, "shipping_amount": 2},
    ],
    "order_items": [{"order_id": order, "quantity": 2, "unit_price": "55.99"} for order in ("o1", "o2", "o3")],
    "payments": [
        {"order_id": "o1", "status": "succeeded", "kind": None, "amount": "109.98"},
        {"order_id": "o2", "status": "succeeded", "kind": None, "amount": "114.98"},
        {"order_id": "o3", "status": "failed", "kind": None, "amount": "114.98"},
    ],
    "returns": [{"return_id": "t1", "refund_amount": "55.99"}],
    "ad_spend": [{"spend_amount": "12.34"}],
    "inventory": [{"product_id": "p1", "stock_on_hand": 7}, {"product_id": "p2", "stock_on_hand": -1}],
    "events": [{"event_count": 5}],
    "subscriptions": [{"monthly_amount": "9.99"}],
    "weather": [{"country": "DE"}],
    # Of an order that is not delivered nothing counts.
    "discount_codes": [{"order_id": order, "amount": "2.50"} for order in ("o1", "o1", "o9")],
    "tax_lines": [{"order_id": order, "amount": "1.00"} for order in ("o1", "o2", "o3", "o9")],
    "balance_transactions": [{"kind": "charge", "amount": "109.98"}, {"kind": "payout", "amount": "-100.00"}],
}
CORE = """
create schema core;
create table core.fct_orders as
select
    order_id, order_date, order_id = 'o1' as is_sale, 109.98::decimal(18, 2) as total, 1::bigint as item_count,
    tax_amount::decimal(18, 2) as tax, shipping_amount::decimal(18, 2) as shipping, 0.5::decimal(18, 2) as fees,
    0.25::decimal(18, 2) as tips, 0.75::decimal(18, 2) as duties
from raw.orders;
create table core.fct_order_charges (order_id varchar, amount decimal(18, 2));
create table core.fct_transactions as
select
    order_id, order_date, order_id = 'o1' as is_sale, 111.98::decimal(18, 2) as gross,
    if(order_id = 'o1', 5, 0)::decimal(18, 2) as discount, if(order_id = 'o1', 106.98, 111.98)::decimal(18, 2) as net
from raw.orders;
create table core.fct_refunds as
select return_id as refund_id, refund_amount, date '2026-10-31' as refunded_date from raw.returns;
create table core.fct_returns as select return_id, refund_amount as refund from raw.returns;
create table core.fct_payments as
select order_id, if(status = 'succeeded', amount, 0)::decimal(18, 2) as captured from raw.payments;
create table core.fct_ad_spend as select spend_amount as spend from raw.ad_spend;
create table core.fct_inventory_daily as select product_id, stock_on_hand from raw.inventory;
create table core.fct_events as select event_count from raw.events;
create table core.fct_subscriptions as select monthly_amount from raw.subscriptions;
create table core.fct_weather as select country from raw.weather;
create table core.fct_order_discounts as select order_id, amount from raw.discount_codes where order_id <> 'o9';
create table core.fct_order_taxes as select order_id, amount from raw.tax_lines where order_id <> 'o9';
create table core.fct_balance_transactions as select kind as transaction_kind, amount from raw.balance_transactions;
create schema marts;
create table marts.mart_daily_sales as
select * from (
    values
    (date '2026-10-31', 1::bigint, 111.98::decimal(18, 2), 5.00::decimal(18, 2), 106.98::decimal(18, 2),
        0.00::decimal(18, 2), 106.98::decimal(18, 2), 2.000::decimal(18, 3), 0.000::decimal(18, 3)),
    (date '2026-11-01', 0, 0.00, 0.00, 0.00, 55.99, -55.99, 0.000, 1.500)
) as d(calendar_date, order_count, gross, discount, net, refunds, net_sales, units_sold, returned_units);
"""
UNCOUNTED_LINES = """
create schema intermediate;
create table intermediate.int_uncounted_lines (
    loaded_delivery_id varchar, order_id varchar, product_id varchar, delivery_id varchar, counted_delivery_id varchar,
    line_count bigint
);
create table intermediate.int_refunds (
    refund_id varchar, order_id varchar, refunded_date date, refund_amount decimal(18, 2), has_order boolean
);
"""
AUDIT = """
create schema warehouse.audit;
create table warehouse.audit.dbt_invocations (
    invocation_number bigint, invocation_id varchar, ledger_fingerprint varchar, is_finished boolean
);
create table warehouse.audit.dbt_results (
    invocation_id varchar, unique_id varchar, resource_type varchar, status varchar, failures bigint, message varchar,
    executed_at timestamp
);
"""
LEDGER = (
    "select md5(string_agg(delivery_id || ' ' || finished_at::varchar, ',' order by delivery_id)) from raw.load_ledger"
)
MODELS = {
    "stg_orders": ("staging", "view", []),
    "stg_client": ("staging", "ephemeral", ["stg_orders"]),
    "fct_orders": ("core", "incremental", ["stg_client"]),
    "fct_transactions": ("core", "incremental", ["fct_orders"]),
    "fct_order_charges": ("core", "incremental", ["fct_orders"]),
    "fct_refunds": ("core", "incremental", []),
    "fct_returns": ("core", "incremental", ["fct_refunds"]),
    **{
        name: ("core", "incremental", [])
        for name in (
            *("fct_payments", "fct_ad_spend", "fct_inventory_daily", "fct_events", "fct_subscriptions", "fct_weather"),
            *("fct_order_discounts", "fct_order_taxes", "fct_balance_transactions"),
        )
    },
    "mart_daily_sales": ("marts", "table", ["fct_orders", "fct_transactions", "fct_returns"]),
}
TESTS = {"unique_orders": ["fct_orders"], "net_adds_up": ["fct_transactions"]}
SEEDS = ["holidays"]


def node(name: str, kind: str, schema: str, materialized: str, parents: list[str]) -> dict[str, object]:
    return {
        "name": name,
        "alias": name,
        "resource_type": kind,
        "schema": schema,
        "config": {"materialized": materialized},
        "depends_on": {"nodes": [f"model.sales.{parent}" for parent in parents]},
    }


@dataclass
class Shop:
    """One shop on disk, and what a test does to it."""

    paths: ClientPaths
    manifest: Path
    client: Client
    now: datetime = NOW

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        with opened(self.paths) as warehouse:
            return [warehouse.execute(statement).fetchall() for statement in statements][-1]

    def insert(self, table: str, *rows: dict[str, object]) -> None:
        """Rows into a raw table; what they leave out is filled, so that a new column breaks no test."""
        with opened(self.paths) as warehouse:
            columns = {
                # An amount, flag or moment that may be missing is, all others are filled.
                name: "MISSING" if null == "YES" and kind.startswith(("DECIMAL", "BOOLEAN", "TIMESTAMP")) else kind
                for name, kind, null, *_ in warehouse.execute(f"describe raw.{table}").fetchall()
            }
            for row in rows:
                assert row.keys() <= columns.keys()
                values = [row.get(name, FILLERS.get(kind, 0)) for name, kind in columns.items()]
                warehouse.execute(f"insert into raw.{table} values ({', '.join('?' * len(values))})", values)

    def deliver(
        self,
        delivery: str = "orders/2026-10/0001",
        dataset: str = "orders",
        loaded: int = 0,
        quarantined: int = 0,
        is_verified: bool = True,
    ) -> None:
        """A ledger line and the rows in quarantine; those loaded are the test's own."""
        self.now += timedelta(minutes=1)
        self.insert("quarantine", *[{"delivery_id": delivery, "dataset": dataset}] * quarantined)
        self.insert(
            "load_ledger",
            {
                "delivery_id": delivery,
                "dataset": dataset,
                "rows_landed": loaded + quarantined + 1,
                "rows_loaded": loaded,
                "rows_quarantined": quarantined,
                "rows_duplicate": 1,
                "is_replaced": False,
                "is_verified": is_verified,
                "finished_at": self.now.replace(tzinfo=None),
            },
        )

    def dbt(self, *names: str, finish: bool = True, **statuses: str) -> None:
        """What dbt's hooks record of a run over the named nodes, or over all."""
        with opened(self.paths) as warehouse:
            number = warehouse.execute("select count(*) + 1 from audit.dbt_invocations").fetchall()[0][0]
            warehouse.execute(f"insert into audit.dbt_invocations values ({number}, 'i{number}', ({LEDGER}), {finish})")
            warehouse.execute(f"create or replace table build.main.built_by as select 'i{number}' as invocation_id")
            for unique_id, entry in json.loads(self.manifest.read_text())["nodes"].items():
                name, kind = entry["name"], entry["resource_type"]
                if not finish or entry["config"]["materialized"] == "ephemeral" or (names and name not in names):
                    continue
                status = statuses.get(name, "pass" if kind == "test" else "success")
                failures = 3 if status in {"fail", "warn"} else 0
                warehouse.execute(
                    "insert into audit.dbt_results values (?, ?, ?, ?, ?, ?, ?)",
                    [f"i{number}", unique_id, kind, status, failures, "Got 3 results" if failures else None, self.now],
                )

    def publish(self, **changes: object) -> Publication:
        self.now += timedelta(minutes=1)
        client = self.client.model_copy(update=changes)
        return publish(
            client,
            self.paths,
            run_id=f"run-{self.now:%H%M}",
            now=self.now,
            code_version="0.1.0+test",
            manifest=self.manifest,
        )

    def published(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.paths.published_file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def files(self) -> set[str]:
        """What is in the published folder beside the exports."""
        files = {path for path in self.paths.published.rglob("*") if path.is_file()}
        return {
            str(path.relative_to(self.paths.published)) for path in files if not path.is_relative_to(self.paths.exports)
        }


def shop_in(folder: Path) -> Shop:
    """The shop of a folder, whether it is made yet or not."""
    client = Client.model_validate(
        {
            "client": "shop",
            "name": "The Shop",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
            "sources": {"orders": {"kind": "demo"}},
            "keep_versions": 3,
        }
    )
    return Shop(ClientPaths(folder, "shop"), folder / "manifest.json", client)


def make_shop(folder: Path) -> None:
    """Load, build and test the shop, as far as SQL alone can say so."""
    made = shop_in(folder)
    nodes = {f"model.sales.{name}": node(name, "model", *rest) for name, rest in MODELS.items()}
    nodes |= {f"test.sales.{name}": node(name, "test", "audit", "test", of) for name, of in TESTS.items()}
    nodes |= {f"seed.sales.{name}": node(name, "seed", "staging", "seed", []) for name in SEEDS}
    made.manifest.write_text(json.dumps({"nodes": nodes}))
    made.paths.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(made.paths.warehouse)) as warehouse:
        create_tables(warehouse)
        warehouse.execute(f"{derived_views(made.client)}; {UNCOUNTED_LINES}")
    for table, rows in RAW.items():
        made.insert(table, *rows)
    made.sql("update raw.orders set _delivery_id = 'orders/2026-10/0001'")
    made.sql("update raw.returns set _delivery_id = 'returns/2026-10/0001'")
    made.sql(CORE, AUDIT)
    made.deliver("returns/2026-10/0001", "returns", loaded=1)
    made.deliver(loaded=3)
    made.dbt()


@pytest.fixture
def shop(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Loaded, built and tested: fit to publish."""
    shutil.copytree(made_once(tmp_path_factory, "shop_to_publish", make_shop), tmp_path, dirs_exist_ok=True)
    shop = shop_in(tmp_path)
    shop.now += timedelta(minutes=2)  # its deliveries took as long
    return shop


@pytest.fixture
def rewrite_manifest(shop: Shop) -> Callable[[Callable[[dict[str, object]], None]], None]:
    def rewrite(change: Callable[[dict[str, object]], None]) -> None:
        content = json.loads(shop.manifest.read_text())
        change(content["nodes"])
        shop.manifest.write_text(json.dumps(content))

    return rewrite
