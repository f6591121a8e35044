"""Every record and every cent is followed from delivery to published file; the run fails where one is missing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from load.derived_views import derived_views
from publish import version_file
from publish.errors import PublishError
from publish.reconciliation import Reconciliation, reconcile
from publish.refund_warnings import refunds_without_order
from serve.summary import summarise
from tests.warehouse_files import opened

if TYPE_CHECKING:
    from tests.publish.conftest import Shop


def test_the_books_of_each_run_are_in_the_warehouse(shop: Shop) -> None:
    shop.publish()
    shop.deliver("orders/2026-10/0002", quarantined=2)
    shop.dbt()
    shop.publish()
    deliveries = shop.sql(
        "select run_id, dataset, landed, loaded, quarantined, duplicate from audit.reconciled_deliveries"
    )
    assert deliveries == [
        ("run-0703", "orders", 4, 3, 0, 1),
        ("run-0703", "returns", 2, 1, 0, 1),
        ("run-0705", "orders", 7, 3, 2, 2),
        ("run-0705", "returns", 2, 1, 0, 1),
    ]
    measures = shop.sql(
        """select measure, raw, core, mart, published from audit.reconciled_measures
        where run_id = 'run-0705' and measure in ('order_rows', 'net')"""
    )
    net = Decimal("106.98")
    assert measures == [("order_rows", 3, 3, None, 3), ("net", net, net, net, net)]
    assert shop.published("select * from _meta_reconciliation") == shop.sql(
        "select * exclude (run_id, recorded_at) from audit.reconciled_measures where run_id = 'run-0705'"
    )


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "update raw.orders set _delivery_id = 'lost' where order_id = 'o2'",
            "4 records of orders landed, but 2 are loaded, 0 in quarantine and 1 repeated",
        ),
        (
            "insert into raw.quarantine select * replace ('orders' as dataset) from raw.quarantine",
            "4 records of orders landed, but 3 are loaded, 1 in quarantine and 1 repeated",
        ),
        (
            "update raw.load_ledger set rows_duplicate = 0 where dataset = 'returns'",
            "2 records of returns landed, but 1 are loaded, 0 in quarantine and 0 repeated",
        ),
        ("delete from core.fct_orders where order_id = 'o2'", "order_rows is 3 in raw and 2 in core"),
        ("delete from core.fct_transactions where order_id = 'o2'", "item_rows is 3 in raw and 2 in core"),
        (
            "insert into core.fct_refunds (refund_id, refund_amount) select 'again', 0",
            "refund_rows is 1 in raw and 2 in core",
        ),
        ("delete from core.fct_payments where order_id = 'o3'", "payment_rows is 3 in raw and 2 in core"),
        (
            "update core.fct_payments set captured = 0.01 where order_id = 'o3'",
            "captured is 224.96 in raw and 224.97 in core",
        ),
        ("update core.fct_ad_spend set spend = 12.33", "spend is 12.34 in raw and 12.33 in core"),
        (
            "delete from core.fct_inventory_daily where product_id = 'p2'",
            "inventory_rows is 2 in raw and 1 in core; stock_on_hand is 6 in raw and 7 in core",
        ),
        ("update core.fct_events set event_count = 4", "event_count is 5 in raw and 4 in core"),
        (
            "delete from core.fct_subscriptions",
            "subscription_rows is 1 in raw and 0 in core; monthly_amount is 9.99 in raw and 0.00 in core",
        ),
        ("insert into core.fct_weather select 'DE'", "weather_rows is 1 in raw and 2 in core"),
        (
            "insert into core.fct_order_discounts select 'o9', 0",
            "order_discount_rows is 2 in raw and 3 in core",
        ),
        (
            "update core.fct_order_discounts set amount = 2.51",
            "order_discounts is 5.00 in raw and 5.02 in core",
        ),
        (
            "delete from core.fct_order_taxes where order_id = 'o2'",
            "order_tax_rows is 3 in raw and 2 in core; order_taxes is 3.00 in raw and 2.00 in core",
        ),
        (
            "delete from core.fct_balance_transactions where transaction_kind = 'payout'",
            "balance_rows is 2 in raw and 1 in core; balance_amount is 9.98 in raw and 109.98 in core",
        ),
        (
            "update core.fct_orders set is_sale = true where order_id = 'o3'",
            (
                "total is 109.98 in raw and 219.96 in core; "
                "order_count is 1 in raw, 2 in core and 1 in marts.mart_daily_sales"
            ),
        ),
        (
            "update marts.mart_daily_sales set order_count = 2 where order_count = 1",
            "order_count is 1 in raw, 1 in core and 2 in marts.mart_daily_sales",
        ),
        *(
            (
                f"update core.fct_transactions set {measure} = {measure} + 0.01 where order_id = 'o1'",
                f"{measure} is {right} in raw, {wrong} in core and {right} in marts.mart_daily_sales",
            )
            for measure, right, wrong in (
                ("gross", "111.98", "111.99"),
                ("discount", "5.00", "5.01"),
                ("net", "106.98", "106.99"),
            )
        ),
        (
            "update raw.returns set refund_amount = 56",
            "paid_back is 56.00 in raw and 55.99 in core",
        ),
        (
            "update core.fct_returns set refund = 56",
            "refunds is 56.00 in core and 55.99 in marts.mart_daily_sales",
        ),
    ],
)
def test_one_record_or_one_cent_amiss_is_refused_and_recorded(shop: Shop, statement: str, fault: str) -> None:
    shop.deliver("products/2026-10-31/0001", "products", quarantined=1)
    shop.dbt()
    shop.publish()
    shop.sql(statement)
    with pytest.raises(PublishError) as refusal:
        shop.publish()
    assert str(refusal.value).startswith(f"{fault}; expected landed = loaded + in quarantine + repeated")
    assert "Run `sales verify --full` and `sales build --full-refresh`" in str(refusal.value)
    assert summarise(shop.paths).version == 1
    assert shop.sql(
        "select count(distinct run_id), count(distinct run_id) filter (where published is null and "
        "measure = 'net') from audit.reconciled_measures"
    ) == [(2, 1)]


ADDED_UP = """
create or replace table warehouse.audit.delivered_sales as
select delivery_id, is_superseded, 3 as order_rows, 3 as item_rows, 3 as payment_rows, 224.96 as captured,
    1 as order_count, 109.98 as total, {gross} as gross, 5.00 as discount
from (values ('{delivery}', false)) as added_up(delivery_id, is_superseded)
"""


def test_what_verify_has_added_up_is_raw_in_the_books(shop: Shop) -> None:
    shop.sql(ADDED_UP.format(gross="111.98", delivery="orders/2026-10/0001"))
    shop.publish()
    shop.sql(ADDED_UP.format(gross="111.99", delivery="orders/2026-10/0001"))
    with pytest.raises(PublishError, match=r"^gross is 111\.99 in raw, 111\.98 in core"):
        shop.publish()
    shop.sql(ADDED_UP.format(gross="111.99", delivery="orders/2026-09/0001"))
    shop.publish()  # not of the deliveries that count: raw itself is added up


def test_discounts_and_taxes_are_in_the_clients_currency_as_the_facts_are(shop: Shop) -> None:
    client = shop.client.model_copy(
        update={"sources": shop.client.sources | {"exchange_rates": shop.client.sources["orders"]}}
    )
    shop.sql("update raw.orders set currency = if(order_id = 'o1', 'USD', 'EUR')")
    shop.insert("exchange_rates", {"currency": "USD", "rate": "0.5"})
    with duckdb.connect(str(shop.paths.warehouse)) as warehouse:
        warehouse.execute(derived_views(client))
    with opened(shop.paths) as connection:
        raw = {one.measure: one.raw for one in reconcile(connection, client).measures}
    of_orders = ("order_discount_rows", "order_discounts", "order_tax_rows", "order_taxes")
    assert [raw[name] for name in of_orders] == [2, Decimal("2.50"), 3, Decimal("2.50")]


def test_an_order_without_items_is_no_sale_in_any_layer(shop: Shop) -> None:
    shop.insert("orders", {"order_id": "o4", "status": "completed", "tax_amount": 0, "shipping_amount": 2})
    shop.insert("payments", {"order_id": "o4", "status": "succeeded", "kind": None, "amount": "2.00"})
    shop.sql(
        "insert into core.fct_orders (order_id, order_date, is_sale, total) "
        "select order_id, order_date, false, 2.00 from raw.orders where order_id = 'o4'",
        "insert into core.fct_payments values ('o4', 2.00)",
    )
    shop.publish()
    assert shop.published(
        "select measure, raw, core from _meta_reconciliation where measure in ('order_rows', 'order_count')"
    ) == [("order_rows", 4, 4), ("order_count", 1, 1)]


def test_a_cent_lost_while_writing_the_file_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = version_file.with_published

    def lose_a_cent(books: Reconciliation, connection: duckdb.DuckDBPyConnection) -> Reconciliation:
        connection.execute("update version.marts.mart_daily_sales set refunds = refunds - 0.01 where refunds > 0")
        return keep(books, connection)

    monkeypatch.setattr(version_file, "with_published", lose_a_cent)
    with pytest.raises(
        PublishError,
        match=r"refunds is 55\.99 in core, 55\.99 in marts\.mart_daily_sales and "
        r"55\.98 in the new file; expected",
    ):
        shop.publish()
    assert shop.files() == set()
    assert shop.sql("select published from audit.reconciled_measures where measure = 'refunds'") == [
        (Decimal("55.98"),)
    ]


def test_faults_are_all_named(shop: Shop) -> None:
    shop.sql("insert into marts.mart_daily_sales select '2026-11-02', 1, 0.01, 0, 0.01, 0, 0.01, 1, 0")
    with pytest.raises(
        PublishError,
        match=r"order_count is 1 in raw, 1 in core and 2 in marts\.mart_daily_sales; "
        r"gross is 111\.98 in raw, 111\.98 in core and 111\.99 in marts\.mart_daily_sales; net is 106\.98",
    ):
        shop.publish()
    assert shop.files() == set()


def test_refunds_of_orders_that_nobody_delivers_are_told_once(shop: Shop) -> None:
    shop.insert("refunds", {"refund_id": "t2", "order_id": "o0"}, {"refund_id": "t3", "order_id": None})
    shop.sql(
        "update raw.refunds set _loaded_at = timestamp '2026-10-31 12:00:00'",
        """insert into intermediate.int_refunds values ('t1', 'o1', '2026-10-31', 55.99, true),
        ('t2', 'o0', '2026-10-30', 7.5, false), ('t3', null, '2026-10-29', 1, false)""",
    )
    with duckdb.connect() as connection:
        connection.execute(f"attach '{shop.paths.warehouse}' as warehouse (read_only)")
        (warning,) = refunds_without_order(connection)
        assert warning == (
            "refunds of orders that are not delivered: 1 refund names an order that is not delivered, 7.50 in all, for "
            "example t2 of order o0 on 2026-10-30: what the source does not say to be tax, shipping or other counts as "
            "goods on the day of the refund. That is right for orders older than the data; else deliver the orders, or "
            "correct order_id"
        )
        assert refunds_without_order(connection, datetime(2026, 10, 31, 13)) == ()  # noqa: DTZ001
