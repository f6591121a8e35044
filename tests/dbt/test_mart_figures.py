"""Every cell of the payments and of the marts of revenue, products, channels and returns, reckoned independently."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.dbt.conftest import Warehouse
from tests.dbt.oracle_finance import FinanceOracle
from tests.dbt.oracle_sales import SalesOracle
from tests.dbt.shops import Row, Shop, add_random_order, add_random_return, counted_otherwise, hand_made, made_at_random
from tests.dbt.test_figures import assert_equal_rows

pytestmark = pytest.mark.xdist_group("dbt mart_figures")
MARTS = (
    "mart_monthly_revenue", "mart_revenue_mom", "mart_category_sales_monthly", "mart_payment_methods",
    "mart_product_revenue_by_payment", "mart_seasonal_sales", "mart_top_skus", "mart_product_pareto",
    "mart_channel_sales", "mart_returns_summary", "mart_orders_for_review", "mart_commerce_summary",
    "mart_sales_mix",
)  # fmt: skip


def paid_in_many_ways(shop: Shop, seed: int) -> Shop:
    """The shop with all kinds of payment methods, and many orders paid in two or three parts."""
    rng = random.Random(seed)
    for payment in list(shop.payments):
        payment["method"] = rng.choice(["card", "card", " PayPal ", "gift_card", "None", None])
        for _ in range(rng.choice([0, 0, 1, 2])):
            part = (payment["amount"] / rng.randrange(1, 4)).quantize(Decimal("0.01"))
            payment["amount"] -= part
            number = len(shop.payments)
            shop.payments.append(
                payment | {"payment_id": f"part {number}", "amount": part, "method": rng.choice(["card", "voucher"])}
            )
    shop.payments.append(dict(shop.payments[0]) | {"payment_id": "not arrived", "order_id": "not arrived"})
    for number, order in enumerate(shop.orders):
        order["channel"] = ["web", " App", None, "web"][number % 4]
    return shop


def made_over_years(seed: int) -> Shop:
    """A shop of 150 orders over 800 days; of many only little is left after the discount."""
    rng = random.Random(seed)
    shop = made_at_random(seed)
    start = min(row["order_date"] for row in shop.orders)
    shop.client[0]["business_date"] = start + timedelta(days=900)
    for number in range(90):
        day = start + timedelta(days=rng.randrange(800))
        add_random_order(shop, rng, f"spread {number}", day)
        shop.orders[-1]["shipping_amount"] = Decimal(rng.choice(["0", "4.99"]))
        add_random_return(shop, rng, f"spread return {number}", day)
        shop.returns[-1]["order_id"] = f"spread {number}"
    return shop


def expected_tables(shop: Shop) -> dict[str, list[Row]]:
    finance = FinanceOracle(shop)
    sales = SalesOracle(finance)
    return {
        "core.fct_payments": finance.payments,
        "marts.mart_monthly_revenue": finance.monthly_revenue(),
        "marts.mart_revenue_mom": finance.revenue_mom(),
        "marts.mart_category_sales_monthly": finance.category_sales_monthly(),
        "marts.mart_payment_methods": finance.payment_methods(),
        "marts.mart_product_revenue_by_payment": finance.product_revenue_by_payment(),
        "marts.mart_seasonal_sales": finance.seasonal_sales(),
        "marts.mart_top_skus": sales.top_skus(),
        "marts.mart_product_pareto": sales.product_pareto(),
        "marts.mart_channel_sales": sales.channel_sales(),
        "marts.mart_sales_mix": sales.sales_mix(),
        "marts.mart_returns_summary": sales.returns_summary(),
        "marts.mart_orders_for_review": sales.orders_for_review(),
        "marts.mart_commerce_summary": sales.commerce_summary(shop),
    }


KEYS = (
    "payment_id", "period_type", "period_start_date", "month_start_date", "calendar_date", "order_id", "review_rule",
    "channel", "category", "product_id", "payment_method", "order_date", "country", "basket",
)  # fmt: skip
KEY_OF = {"core.fct_payments": ("payment_id",), "marts.mart_product_pareto": ("product_id",)}


def key_of(table: str, row: Row) -> tuple[str, ...]:
    """The columns that tell the rows apart: where the table does not say otherwise, all that could."""
    return KEY_OF.get(table, tuple(name for name in KEYS if name in row))


def approximate(row: Row) -> Row:
    """Floats need not agree in the last of sixteen digits."""
    return {name: pytest.approx(value, rel=1e-14) if isinstance(value, float) else value for name, value in row.items()}


def assert_tables(warehouse: Warehouse, shop: Shop) -> dict[str, list[Row]]:
    tables = expected_tables(shop)
    for table, expected in tables.items():
        found = warehouse.rows(f"select * from {table}")
        for row in found:
            row.pop("change_number", None)
        assert len(found) == len(expected), table
        if expected:
            assert set(found[0]) == set(expected[0]), table
            assert_equal_rows(found, [approximate(row) for row in expected], key_of(table, found[0]))
    return tables


@pytest.mark.parametrize(
    "shop",
    [
        paid_in_many_ways(hand_made(), 1),
        paid_in_many_ways(made_at_random(1), 2),
        paid_in_many_ways(made_over_years(2), 3),
        paid_in_many_ways(counted_otherwise(made_at_random(3)), 4),
    ],
    ids=["hand-made", "random", "over years", "placed and reversed"],
)
def test_every_cell(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    assert all(assert_tables(warehouse, shop).values())
