"""An increment gives what a full refresh gives, whatever changed and wherever a build stopped."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.dbt.conftest import SIGNATURES, Warehouse
from tests.dbt.shops import Row, Shop, add_random_order, add_random_return, hand_made, made_at_random, version
from tests.dbt.test_figures import assert_facts

pytestmark = pytest.mark.xdist_group("dbt increments")
# The staging views do not change between increments, and no fact reads a dimension.
FACTS = (
    *("fct_orders", "fct_transactions", "fct_order_charges", "fct_order_discounts", "fct_order_taxes", "fct_payments"),
    *("fct_refunds", "fct_returns", "fct_balance_transactions", "fct_contributions"),
)
# With what says which of their days changed, and what is made from them.
INTERMEDIATE = "path:models/intermediate"
INCREMENT = (*FACTS, "dim_date", "dim_targets", "dim_annotations", INTERMEDIATE, "mart_daily_sales")
# What is made from facts by day or by month, and its day or month.
MADE_FROM_FACTS = {
    "int_channel_days": "order_date",
    "int_daily_sales": "calendar_date",
    "int_product_days": "order_date",
    "int_customer_months": "month_start_date",
    "int_payment_days": "order_date",
    "int_product_payment_days": "order_date",
    "int_basket_days": "order_date",
}


def facts(warehouse: Warehouse) -> list[list[Row]]:
    return [warehouse.rows(f"select * from core.{fact} order by all") for fact in FACTS]


def made_from_facts(warehouse: Warehouse) -> dict[str, list[Row]]:
    return {model: warehouse.rows(f"select * from intermediate.{model} order by all") for model in MADE_FROM_FACTS}


def assert_increments_are_whole(warehouse: Warehouse) -> None:
    """What increments made of the facts is what all of the facts give."""
    increments = made_from_facts(warehouse)
    warehouse.run("--full-refresh", "--select", INTERMEDIATE)
    assert made_from_facts(warehouse) == increments


def add_orders(shop: Shop, rng: random.Random) -> None:
    day = rng.choice(shop.orders)["order_date"] + timedelta(days=rng.choice([0, 0, -200, 200]))
    for _ in range(3):
        add_random_order(shop, rng, f"late order {rng.random()}", day)


def take_a_day_away(shop: Shop, rng: random.Random) -> None:
    day = rng.choice(shop.orders)["order_date"]
    gone = {row["order_id"] for row in shop.orders if row["order_date"] == day}
    for table in ("orders", "order_items", "payments"):
        setattr(shop, table, [row for row in getattr(shop, table) if row["order_id"] not in gone])


def move_an_order(shop: Shop, rng: random.Random) -> None:
    order = rng.choice(shop.orders)
    before, after = order["order_date"], order["order_date"] + timedelta(days=rng.choice([-1, 1, 40]))
    order["order_at"] += after - before
    for row in (order, *(item for item in shop.order_items if item["order_id"] == order["order_id"])):
        row["order_date"] = after


def change_amounts(shop: Shop, rng: random.Random) -> None:
    item = rng.choice(shop.order_items)
    item["quantity"] += 1
    orders = [row for row in shop.orders if row["order_id"] == item["order_id"]]
    orders[0]["discount_amount"] = Decimal("0.05")
    shop.payments = [row for row in shop.payments if row["order_id"] != item["order_id"]]


def describe_anew(shop: Shop, rng: random.Random) -> None:
    """A late delivery of a customer and a product changes the days that mention them."""
    day = rng.choice(shop.orders)["order_date"]
    customer, product = str(rng.randrange(14)), str(rng.randrange(9))
    shop.customers.append(version(f"customer:{customer}", day, 0, False, segment="vip", country="FR"))
    shop.products.append(version(f"product:{product}", day, 0, False, category="books", product_type="fee"))


def change_returns(shop: Shop, rng: random.Random) -> None:
    gone = shop.returns.pop(rng.randrange(len(shop.returns)))["returned_date"]
    day = gone + timedelta(days=rng.choice([0, 5]))
    add_random_return(shop, rng, f"late return {rng.random()}", day)


def pay_in_parts(shop: Shop, rng: random.Random) -> None:
    """A payment delivered anew brought in one cent less, and that cent comes with another method."""
    payment = rng.choice([row for row in shop.payments if row["amount"] > 0])
    payment["amount"] -= Decimal("0.01")
    shop.payments.append(
        payment | {"payment_id": f"late {rng.random()}", "amount": Decimal("0.01"), "method": "voucher"}
    )


def settle_anew(shop: Shop, rng: random.Random) -> None:
    """A parcel costs more, a payment says its fee, and another movement of the balance is of a payment."""
    parcel, payment = rng.choice(shop.shipping_costs), rng.choice(shop.payments)
    parcel["cost_amount"] += Decimal("0.01")
    payment["fee_amount"] = Decimal("0.50")
    moved = rng.choice(shop.balance_transactions)
    moved |= {"payment_id": rng.choice(shop.payments)["payment_id"], "fee_amount": Decimal("0.40")}


CHANGES: list[Callable[[Shop, random.Random], None]] = [
    add_orders, take_a_day_away, move_an_order, change_amounts, describe_anew, change_returns, pay_in_parts,
    settle_anew,
]  # fmt: skip


def test_any_sequence_of_changes_equals_a_full_refresh(warehouse: Warehouse) -> None:
    rng = random.Random(20261031)
    shop = made_at_random(20261031)
    warehouse.build(shop)
    for _ in range(3):
        for change in rng.sample(CHANGES, k=6):
            change(shop, rng)
        warehouse.write(shop)
        warehouse.run("--select", *INCREMENT)
        assert_facts(warehouse, shop)
    assert_increments_are_whole(warehouse)
    increments = facts(warehouse)
    warehouse.run("--full-refresh", "--select", "int_adjusted_lines", *FACTS)
    assert facts(warehouse) == increments


def test_only_the_days_that_changed_are_computed_again(warehouse: Warehouse) -> None:
    shop = hand_made()
    warehouse.build(shop)
    # Not a day's rows but what the fact holds of them: an increment that reads an unchanged day would mend it.
    warehouse.execute("update core.fct_orders set country = 'as it was'")
    next(row for row in shop.orders if row["order_date"] == date(2028, 2, 29))["channel"] = "phone"
    warehouse.write(shop)
    warehouse.run("--select", *SIGNATURES, "fct_orders")
    kept = warehouse.rows("select distinct order_date from core.fct_orders where country = 'as it was'")
    computed = warehouse.rows("select distinct order_date from core.fct_orders where country <> 'as it was'")
    assert computed == [{"order_date": date(2028, 2, 29)}]
    assert len(kept) == 3


def test_only_the_days_and_months_that_changed_are_added_up_again(warehouse: Warehouse) -> None:
    shop = hand_made()
    warehouse.build(shop)
    for model in MADE_FROM_FACTS:
        warehouse.execute(f"update intermediate.{model} set net = -1")
    for order in (row for row in shop.orders if row["order_date"] == date(2028, 2, 29)):
        order["tax_amount"] = Decimal("0.01")
    warehouse.write(shop)
    warehouse.run("--select", *INCREMENT)
    for model, day in MADE_FROM_FACTS.items():
        computed = warehouse.rows(f"select distinct {day} as day from intermediate.{model} where net <> -1")
        assert computed == [{"day": date(2028, 2, 1 if day == "month_start_date" else 29)}], model
        assert warehouse.rows(f"select 1 from intermediate.{model} where net = -1"), model
    for row in shop.orders:
        row["tax_amount"] = Decimal("0.02")
    for row in shop.returns:
        row["reason"] = "another"
    warehouse.write(shop)
    warehouse.run("--select", *INCREMENT)
    assert_increments_are_whole(warehouse)


@pytest.mark.parametrize(
    "built_before_it_died",
    [
        "fct_orders",
        "fct_transactions fct_refunds fct_returns",
        "fct_payments",
        # By hand, out of order: from facts of which one is of today and the other of yesterday.
        f"fct_orders {INTERMEDIATE}",
        f"int_refund_amounts int_refunds fct_refunds fct_returns {INTERMEDIATE}",
    ],
)
def test_a_build_that_died_is_mended_by_the_next(warehouse: Warehouse, built_before_it_died: str) -> None:
    rng = random.Random(7)
    shop = made_at_random(7)
    warehouse.build(shop)
    for change in CHANGES:
        change(shop, rng)
    warehouse.write(shop)
    warehouse.run("--select", *SIGNATURES, *built_before_it_died.split())
    warehouse.run("--select", *INCREMENT)
    assert_facts(warehouse, shop)
    assert_increments_are_whole(warehouse)


def test_a_failing_increment_leaves_the_fact_as_it_was(warehouse: Warehouse) -> None:
    shop = hand_made()
    warehouse.build(shop)
    before = facts(warehouse)
    # The insert, which follows the delete, breaks on an order that raw has twice.
    warehouse.execute("create unique index one_row_per_order on core.fct_orders (order_id)")
    shop.orders.append(dict(shop.orders[1]))
    warehouse.write(shop)
    results = warehouse.dbt("run", "--select", *INCREMENT)
    assert {results["fct_orders"].status, results["fct_transactions"].status} == {"error", "skipped"}
    assert "Duplicate key" in str(results["fct_orders"].message)
    assert facts(warehouse) == before
