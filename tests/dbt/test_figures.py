"""Every cell of core and marts against an independent reckoning in whole cents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.conftest import CLIENT, SIGNATURES, Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.oracle_amounts import allocate
from tests.dbt.oracle_finance import FinanceOracle
from tests.dbt.oracle_parts import annotations as notes
from tests.dbt.oracle_parts import balance, discounts, targets, taxes
from tests.dbt.oracle_profit import ProfitOracle
from tests.dbt.shops import Row, Shop, as_counted, counted_otherwise, counted_when_paid, hand_made, made_at_random
from tests.dbt.source_rows import period

pytestmark = pytest.mark.xdist_group("dbt figures")


def assert_equal_rows(found: list[Row], expected: list[Row], keys: tuple[str, ...]) -> None:
    """Compare cell by cell, so that a difference names its row and column."""
    found_by_key = {tuple(row[key] for key in keys): row for row in found}
    expected_by_key = {tuple(row[key] for key in keys): row for row in expected}
    assert len(found_by_key) == len(found), "the key repeats"
    assert found_by_key.keys() == expected_by_key.keys()
    differences = [
        f"{key} {name}: {found_by_key[key][name]!r}, expected {value!r}"
        for key, row in expected_by_key.items()
        for name, value in row.items()
        if found_by_key[key][name] != value
    ]
    assert not differences


def assert_facts(warehouse: Warehouse, shop: Shop) -> Oracle:
    """The facts and the mart of daily sales are what the oracle says."""
    finance = FinanceOracle(shop)
    oracle, profit = finance.oracle, ProfitOracle(shop)
    for table, expected, keys in (
        ("core.fct_orders", oracle.orders, ("order_id",)),
        ("core.fct_transactions", oracle.transactions, ("order_id", "line_number")),
        ("core.fct_order_charges", oracle.order_charges(), ("order_id", "line_number")),
        ("core.fct_order_discounts", discounts(shop, oracle.orders), ("order_id", "discount_number")),
        ("core.fct_order_taxes", taxes(shop, oracle.orders), ("order_id", "tax_number")),
        ("core.fct_balance_transactions", balance(shop), ("balance_transaction_id",)),
        ("core.dim_targets", targets(shop), ("month_start_date", "metric_name")),
        ("core.dim_annotations", notes(shop), ("annotated_date", "annotation_text")),
        ("core.fct_payments", finance.payments, ("payment_id",)),
        ("core.fct_refunds", oracle.refunds, ("refund_id",)),
        ("core.fct_returns", oracle.returns, ("return_id",)),
        ("core.fct_contributions", profit.contributions, ("contribution_kind", "source_id", "line_number")),
        ("marts.mart_daily_sales", oracle.daily_sales(), ("calendar_date",)),
    ):
        found = warehouse.rows(f"select * from {table}")
        for row in found:
            row.pop("change_number", None)
        assert_equal_rows(found, expected, keys)
        assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]], "columns or their order"
    return oracle


def test_the_oracle_allocates_to_the_cent() -> None:
    assert allocate(1000, [1000, 1000, 1000]) == [334, 333, 333]
    assert allocate(101, [100, 250, 650]) == [10, 25, 66]
    assert allocate(1, [0, 0]) == [1, 0]
    assert sum(allocate(333, [1, 99999999, 7])) == 333


@pytest.mark.parametrize(
    ("shop", "has_payments"),
    [
        (hand_made(), True),
        (hand_made(), False),
        (made_at_random(1), True),
        (counted_otherwise(made_at_random(2)), True),
        (counted_when_paid(made_at_random(3)), True),
    ],
    ids=["hand-made", "without payments", "random", "placed and reversed", "when paid"],
)
def test_every_cell(warehouse: Warehouse, shop: Shop, has_payments: bool) -> None:
    shop.client[0]["has_payments"] = has_payments
    warehouse.build(shop)
    oracle, profit = assert_facts(warehouse, as_counted(shop)), ProfitOracle(as_counted(shop))
    for table, expected, keys in (
        ("core.dim_customers", oracle.customers(), ("customer_id",)),
        ("core.dim_products", oracle.products(), ("product_id",)),
        ("core.dim_date", oracle.dates(), ("calendar_date",)),
        ("marts.mart_daily_profit", profit.daily_profit(), ("calendar_date", "channel", "cohort_month")),
        ("marts.mart_product_profit", profit.product_profit(), ("month_start_date", "product_id")),
    ):
        assert_equal_rows(warehouse.rows(f"select * from {table}"), expected, keys)


@pytest.mark.parametrize(("weekday", "month"), [("sunday", 4), ("saturday", 12)])
def test_weeks_and_fiscal_years_begin_as_the_shop_says(warehouse: Warehouse, weekday: str, month: int) -> None:
    shop = hand_made()
    warehouse.build(shop)
    says = {"week_starts_on": weekday, "fiscal_year_starts": month}
    shop.client[0]["analysis"] = CLIENT.analysis.model_copy(update=says).model_dump_json()
    warehouse.write(shop)
    warehouse.run("--select", "dim_date")
    assert_equal_rows(warehouse.rows("select * from core.dim_date"), Oracle(shop).dates(), ("calendar_date",))


@pytest.mark.parametrize(
    ("fiscal_year_starts", "plans", "last_day"),
    [
        (1, {}, "2028-12-31"),
        (7, {}, "2029-12-31"),
        (11, {}, "2028-12-31"),
        (1, {"targets": [{"target_month": date(2030, 1, 1), "metric": "net_sales"}]}, "2030-12-31"),
        (7, {"targets": [{"target_month": date(2030, 7, 1), "metric": "net_sales"}]}, "2031-12-31"),
        (1, {"annotations": [{"annotated_date": date(2031, 12, 31), "text": "Fair"}]}, "2031-12-31"),
        (2, {"annotations": [{"annotated_date": date(2031, 1, 31), "text": "Fair"}]}, "2031-12-31"),
        (1, {"subscriptions": [period("s", "c", date(2030, 2, 1), date(2033, 1, 1), "1.00")]}, "2033-12-31"),
        (1, {"subscriptions": [period("s", "c", date(2030, 2, 1), date(9999, 12, 31), "1.00")]}, "2030-12-31"),
    ],
)
def test_the_calendar_reaches_all_that_is_planned(
    warehouse: Warehouse, fiscal_year_starts: int, plans: dict[str, list[Row]], last_day: str
) -> None:
    shop = Shop()
    shop.add_order("one", date(2028, 10, 31), None, items=[("1", 1, "1.00", "0.00")])
    warehouse.build(shop)
    analysis = CLIENT.analysis.model_copy(update={"fiscal_year_starts": fiscal_year_starts})
    shop.client[0] |= {"business_date": date(2028, 10, 31), "analysis": analysis.model_dump_json()}
    warehouse.write(replace(shop, **plans))
    warehouse.run("--select", *SIGNATURES, "dim_targets", "dim_annotations", "fct_subscriptions", "dim_date")
    (row,) = warehouse.rows("select min(calendar_date) as first, max(calendar_date) as last from core.dim_date")
    assert row == {"first": date(2028, 1, 1), "last": date.fromisoformat(last_day)}


def test_attributes_arrive_clean_and_unbroken(warehouse: Warehouse) -> None:
    warehouse.build(hand_made())
    (row,) = warehouse.rows("select * from core.dim_customers where customer_id = '9007199254740993'")
    assert (row["first_name"], row["last_name"], row["email"]) == ('=cmd()"\n🦄', "O'Hara", "a@b.c")


def test_a_shop_without_rows_builds_and_passes(warehouse: Warehouse) -> None:
    warehouse.write(Shop())
    results = warehouse.dbt("build", "--exclude-resource-type", "unit_test")  # they read no shop
    assert {result.status for result in results.values()} == {"success", "pass", "no-op"}  # exposures are not run
    assert warehouse.rows("select count(*) as days from marts.mart_daily_sales") == [{"days": 0}]
    assert warehouse.rows("select customer_id, customer_status from core.dim_customers") == [
        {"customer_id": "unknown", "customer_status": "unknown"}
    ]


def test_a_line_of_a_hundred_billion_keeps_its_cents(warehouse: Warehouse) -> None:
    shop = Shop()
    shop.add_order("large", date(2028, 2, 29), None, items=[("1", 1_000_000, "99999.9999", "0.01")])
    warehouse.build(shop)
    (row,) = warehouse.rows("select gross, net from core.fct_transactions")
    assert row == {"gross": Decimal("99999999900.00"), "net": Decimal("99999999899.99")}


def test_a_discount_in_a_small_currency_is_allocated_to_the_cent(warehouse: Warehouse) -> None:
    # 10 million rupiah off two hundred million: in cents their product is beyond a bigint.
    shop = Shop()
    items = [("1", 3, "11111111.11", "0.00"), ("2", 1, "166666666.66", "0.00"), ("3", 1, "0.01", "0.00")]
    shop.add_order("large", date(2028, 2, 29), None, discount_amount=Decimal("10000000.01"), items=items)
    warehouse.build(shop)
    assert_facts(warehouse, shop)
