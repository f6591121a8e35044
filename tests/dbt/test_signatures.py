"""int_day_signatures: it differs on the days whose facts would be others, and on no other day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from dbt.contracts.graph.nodes import CompiledNode, ModelNode

from tests.dbt.conftest import CLIENT, Warehouse
from tests.dbt.shops import Shop, version

pytestmark = pytest.mark.xdist_group("dbt increments")
EARLY, FIRST, SECOND, THIRD, LAST = (date(2028, 3, day) for day in (1, 10, 20, 30, 31))
Days = set[tuple[str, date]]
Signatures = Callable[[Shop], dict[tuple[str, date], int]]
SALES: Days = {("orders", day) for day in (FIRST, SECOND, THIRD)}


def sold() -> Shop:
    """Three orders on three days."""
    shop = Shop()
    shop.customers.append(version("customer:1", FIRST, 1, True, country="US"))
    shop.products.append(version("product:1", FIRST, 1, True, category="cables"))
    for order_id, day, customer_id in (("A", FIRST, "1"), ("B", SECOND, "1"), ("C", THIRD, None)):
        shop.add_order(order_id, day, customer_id, items=[("1", 2, "5", "0")], payments=[("succeeded", "10.00")])
    return shop


def order_of(shop: Shop, order_id: str, day: date) -> None:
    """Another day for an order, its items with it."""
    for row in (*shop.orders, *shop.order_items):
        if row["order_id"] == order_id:
            row["order_date"] = day


def gone(shop: Shop) -> None:
    for table in ("orders", "order_items", "payments"):
        setattr(shop, table, [row for row in getattr(shop, table) if row["order_id"] != "B"])


def customer(shop: Shop, day: date, country: str) -> None:
    shop.customers.append(version("customer:1", day, 2, True, country=country))


def product(shop: Shop, day: date, category: str) -> None:
    shop.products.append(version("product:1", day, 2, True, category=category))


CHANGES: dict[str, tuple[Callable[[Shop], object], Days]] = {
    "nothing": (lambda _: None, set()),
    "only in another sequence": (lambda shop: shop.orders.reverse(), set()),
    "delivered again by another file": (lambda shop: shop.orders[0].update(_delivery_id="x", _line=9), set()),
    "an order more": (lambda shop: shop.add_order("D", LAST, "1"), {("orders", LAST)}),
    "a status": (lambda shop: shop.orders[1].update(status="cancelled"), {("orders", SECOND)}),
    "a discount code": (
        lambda shop: shop.discount_codes.append({"order_id": "B", "code": "X", "amount": None}),
        {("orders", SECOND)},
    ),
    "a tax": (
        lambda shop: shop.tax_lines.append({"order_id": "B", "amount": Decimal(1)}),
        {("orders", SECOND)},
    ),
    "what a parcel cost": (
        lambda shop: shop.shipping_costs.append({"shipment_id": "s", "order_id": "B", "cost_amount": Decimal(4)}),
        {("orders", SECOND)},
    ),
    "where it came from": (lambda shop: shop.orders[1].update(source="google"), {("orders", SECOND)}),
    "when it was edited": (
        lambda shop: shop.orders[1].update(edited_at=datetime.combine(LAST, time(9))),
        {("orders", SECOND)},
    ),
    "an item": (lambda shop: shop.order_items[1].update(quantity=3), {("orders", SECOND)}),
    "a price": (lambda shop: shop.order_items[1].update(unit_price=Decimal("5.0001")), {("orders", SECOND)}),
    "a payment": (lambda shop: shop.payments[1].update(amount=Decimal("9.99")), {("orders", SECOND)}),
    "a payment's kind": (lambda shop: shop.payments[1].update(kind="authorisation"), {("orders", SECOND)}),
    "a payment's fee": (lambda shop: shop.payments[1].update(fee_amount=Decimal("0.30")), {("orders", SECOND)}),
    "a payment less": (lambda shop: shop.payments.pop(1), {("orders", SECOND)}),
    "an order moved": (lambda shop: order_of(shop, "B", THIRD), {("orders", SECOND), ("orders", THIRD)}),
    "an order gone": (gone, {("orders", SECOND)}),
    "an order's customer": (
        lambda shop: shop.orders[0].update(customer_id=None), {("orders", FIRST)},
    ),
    "a customer from a day on": (lambda shop: customer(shop, SECOND, "DE"), {("orders", SECOND)}),
    "a customer corrected": (
        lambda shop: shop.customers[0].update(country="DE"), {("orders", FIRST), ("orders", SECOND)},
    ),
    "a customer as before": (lambda shop: customer(shop, SECOND, "US"), set()),
    "a product from a day on": (
        lambda shop: product(shop, SECOND, "wires"), {("orders", SECOND), ("orders", THIRD)},
    ),
    "a product known earlier": (lambda shop: product(shop, EARLY, "wires"), set()),
    "a product first known otherwise": (lambda shop: shop.products[0].update(category="wires"), SALES),
    "a kind of product": (
        lambda shop: shop.products[0].update(product_type="fee"),
        SALES,
    ),
    "payments are delivered no more": (lambda shop: shop.client[0].update(has_payments=False), SALES),
}  # fmt: skip


@pytest.fixture(scope="module")
def models(session_warehouse: Warehouse) -> list[CompiledNode]:
    """The signatures and all that they read, compiled."""
    session_warehouse.clear()
    session_warehouse.write(sold())
    nodes = session_warehouse.compiled("--select", "+int_day_signatures")
    return [node for node in nodes if isinstance(node, ModelNode) and node.config.materialized != "ephemeral"]


@pytest.fixture
def signatures(warehouse: Warehouse, models: list[CompiledNode]) -> Signatures:
    """The signature of each day of a shop, by its dataset and date."""

    def of(shop: Shop) -> dict[tuple[str, date], int]:
        warehouse.write(shop)
        warehouse.execute_models(models)
        rows = warehouse.rows("select dataset, data_date, signature from intermediate.int_day_signatures")
        return {(row["dataset"], row["data_date"]): row["signature"] for row in rows}

    return of


def test_a_signature_changes_where_a_fact_would(signatures: Signatures) -> None:
    before = signatures(sold())
    assert before.keys() == SALES
    for name, (change, days) in CHANGES.items():
        shop = sold()
        change(shop)
        after = signatures(shop)
        assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == days, name


def test_equal_days_of_two_shops_and_two_equal_rows_are_told_apart(signatures: Signatures) -> None:
    once, twice = Shop(), Shop()
    for shop, lines in ((once, 1), (twice, 2)):
        shop.add_order("A", FIRST, None, items=[("1", 1, "5", "0")] * lines)
        shop.add_order("B", FIRST + timedelta(days=1), None)
    one, two = signatures(once), signatures(twice)
    assert one[("orders", FIRST)] != two[("orders", FIRST)]
    assert one[("orders", FIRST + timedelta(days=1))] == two[("orders", FIRST + timedelta(days=1))]


def test_another_margin_changes_every_day_with_sales(warehouse: Warehouse) -> None:
    """The margin stands in the SQL of the models: dbt compiles them again."""
    signatures, shop = [], sold()
    for margin in ("0.35", "0.36"):
        rate = {"default_margin_rate": Decimal(margin)}
        shop.client[0]["analysis"] = CLIENT.analysis.model_copy(update=rate).model_dump_json()
        warehouse.write(shop)
        warehouse.run("--select", "+int_day_signatures")
        rows = warehouse.rows("select dataset, data_date, signature from intermediate.int_day_signatures")
        signatures.append({(row["dataset"], row["data_date"]): row["signature"] for row in rows})
    before, after = signatures
    assert {key for key in before if before[key] != after[key]} == SALES
