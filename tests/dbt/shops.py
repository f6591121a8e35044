"""Raw rows of shops: one made by hand from everything that has an edge, and random ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tests.dbt import source_rows

Row = dict[str, Any]
# The tables beside the sales, and the column of their day.
DAYS = {
    "ad_spend": "spend_date",
    "inventory": "stock_date",
    "events": "event_date",
    "subscriptions": "started_date",
    "weather": "weather_date",
}

CHARGES = ("tax_amount", "shipping_amount")


@dataclass
class Shop:
    """The raw rows of a shop."""

    client: list[Row] = field(
        default_factory=lambda: [
            {"client": "demo", "business_date": date(2028, 12, 31), "currency": "USD", "time_zone": "UTC"}
            | {"has_payments": True}
        ]
    )
    customers: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    order_items: list[Row] = field(default_factory=list)
    order_lines: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    discount_codes: list[Row] = field(default_factory=list)
    tax_lines: list[Row] = field(default_factory=list)
    balance_transactions: list[Row] = field(default_factory=list)
    shipping_costs: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    returns: list[Row] = field(default_factory=list)
    ad_spend: list[Row] = field(default_factory=list)
    inventory: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    subscriptions: list[Row] = field(default_factory=list)
    weather: list[Row] = field(default_factory=list)
    targets: list[Row] = field(default_factory=list)
    annotations: list[Row] = field(default_factory=list)
    # The days that deliveries are of, where it is not the same one for all.
    logical_dates: dict[str, date] = field(default_factory=dict)

    def current(self, table: str) -> list[Row]:
        """The rows of a table that count."""
        return [row for row in getattr(self, table) if row.get("is_current", True)]

    def add_order(self, order_id: str, day: date, customer_id: str | None, **order: Any) -> None:
        """Add an order with ``items`` (product, quantity, price, discount) and ``payments`` (status, amount)."""
        items, payments = order.pop("items", []), order.pop("payments", [])
        at = datetime.combine(day, time(12))
        self.orders.append(
            {"order_id": order_id, "customer_id": customer_id, "order_at": at, "order_date": day, "status": "completed"}
            | {"channel": "web", "country": "US"}
            | order
        )
        self.order_items += [
            {"order_id": order_id, "line_number": number, "product_id": product, "quantity": quantity}
            | {"unit_price": Decimal(price), "discount_amount": Decimal(discount), "order_date": day}
            for number, (product, quantity, price, discount) in enumerate(items, start=1)
        ]
        self.payments += [
            {"payment_id": f"{order_id}/{number}", "order_id": order_id, "attempt_number": number}
            | {"status": status, "amount": Decimal(amount), "method": "card", "paid_at": at}
            for number, (status, amount) in enumerate(payments, start=1)
        ]

    def add_return(self, return_id: str, day: date, product_id: str, refund: str, **row: Any) -> None:
        """Add a return of one unit processed at noon."""
        self.returns.append(
            {"return_id": return_id, "product_id": product_id, "quantity": 1, "refund_amount": Decimal(refund)}
            | {"returned_at": datetime.combine(day, time(12)), "returned_date": day}
            | row
        )


def version(key: str, valid_from: date, delivery: int, is_current: bool, **attributes: Any) -> Row:
    """A delivered version of a customer or product; ``key`` is ``customer:<id>`` or ``product:<id>``."""
    kind, _, identity = key.partition(":")
    return {
        f"{kind}_id": identity,
        "valid_from": valid_from,
        "is_current": is_current,
        "_delivery_id": f"{kind}s/2028/{delivery:04d}",
        **({"product_type": "product", "origin": "api"} if kind == "product" else {}),
        **attributes,
    }


def hand_made() -> Shop:
    """Every edge once: see the comment beside each row."""
    shop = Shop()
    shop.client[0]["business_date"] = date(2028, 9, 20)  # quiet days, and subscriptions, after the last return
    first, leap, march = date(2028, 1, 1), date(2028, 2, 29), date(2028, 3, 1)
    shop.customers += [
        version("customer:007", first, 1, False, first_name="Zoë", segment="Consumer", country="US"),
        version("customer:007", leap, 2, False, first_name="Zoë", segment=" consumer ", country="US"),  # the same
        version("customer:007", march, 3, False, first_name="Zoë", segment="business", country="US"),  # superseded
        version("customer:007", march, 4, True, first_name="Zoë", segment="business", country="DE"),  # the same day
        version(
            "customer:9007199254740993", march, 4, True, first_name='=cmd()"\n🦄', last_name="O'Hara", email=" A@B.C "
        ),
        version("customer:prospect", first, 1, True, signup_at=datetime.combine(first, time(9))),
        version("customer:cancelled only", first, 1, True),
        version("customer:churned", first, 1, True),
    ]
    shop.products += [
        version("product:1", first, 1, False, title=" Cable ", category="Electronics", list_price=Decimal("24.99")),
        version("product:1", leap, 2, True, title="Cable", category="jewelery ", list_price=Decimal("25.00")),
        version("product:2", march, 2, True, title="Ring", category="Jewelery", list_price=Decimal("100.00")),
        version("product:3", first, 1, True, title="", category=None, list_price=None),
        version("product:POST", first, 1, True, category="postage", product_type="shipping", list_price=Decimal(5)),
        version("product:unsold", first, 1, True, category="men's clothing", list_price=Decimal("99.99")),
    ]
    # A third of a cent each: the lower line numbers get the cents.
    shop.add_order(
        "thirds", first, "007", discount_amount=Decimal("10.00"), tax_amount=Decimal("1.23"),
        region=" Bavaria ", city="Fürth", postal_code="00765", source="Google", medium="cpc", campaign=" Spring / 1",
        landing_page=" /cable?mail=a@b.c#top", device="mobile", edited_at=datetime.combine(march, time(9)),
        source_status="refunded", payment_status="PARTIALLY_REFUNDED", fulfilment_status=" ",
        items=[("1", 1, "10", "0"), ("2", 1, "10", "0"), ("3", 1, "10", "0.50")], payments=[("succeeded", "20.73")],
    )  # fmt: skip
    # Largest remainder goes to the last line; half a cent of gross rounds away from zero.
    shop.add_order(
        "remainders", leap, "007", discount_amount=Decimal("1.01"),
        items=[("1", 1, "1.00", "0"), ("2", 1, "2.50", "0"), ("3", 3, "2.1650", "0"), ("POST", 1, "0.0050", "0")],
        payments=[("failed", "9.00"), ("succeeded", "5.00"), ("succeeded", "4.00")],
    )  # fmt: skip
    shop.add_order("free", leap, "9007199254740993", discount_amount=Decimal("0.01"),
                   items=[("1", 1, "0", "0"), ("2", 2, "0", "0")])  # fmt: skip
    shop.add_order("free item", march, "007", items=[("1", 2, "0", "0"), ("unheard of", 1, "7.77", "7.77")])
    shop.add_order("cancelled", march, "cancelled only", status="cancelled", items=[("2", 1, "100", "0")],
                   payments=[("succeeded", "100.00")])  # fmt: skip
    shop.add_order(
        "unpaid", march, "007", status="placed", items=[("2", 1, "100", "0")], payments=[("failed", "100.00")]
    )
    shop.add_order("overpaid", march, None, channel=None, country=" ", items=[("2", 1, "99.99", "0")],
                   payments=[("succeeded", "99.99"), ("succeeded", "99.99")])  # fmt: skip
    shop.add_order("partly", date(2028, 8, 30), "never delivered", status="Shipped", shipping_amount=Decimal("4.99"),
                   items=[("3", 1000000, "99999.9999", "123.45")], payments=[("succeeded", "0.01")])  # fmt: skip
    shop.add_order("without items", date(2028, 8, 30), "007", discount_amount=Decimal("3.00"))
    shop.add_order("churned", first, "churned", items=[("1", 2, "3.33", "0.01")], payments=[("succeeded", "6.65")])
    # As delivered before: neither counts.
    shop.orders.append(shop.orders[0] | {"is_current": False, "order_date": date(2027, 12, 31), "_line": 99})
    shop.order_items.append(shop.order_items[0] | {"is_current": False, "quantity": 999})
    shop.payments.append(shop.payments[0] | {"is_current": False, "amount": Decimal(999)})
    # Its order has not arrived.
    shop.order_items.append(shop.order_items[0] | {"order_id": "not arrived", "order_date": None})
    shop.add_return("by the customer", march, "1", "10.00", customer_id="007", order_id="thirds", line_number=1)
    shop.returns[-1]["units_restocked"] = Decimal(1)
    shop.add_return("of an unknown", march, "2", "99.99", reason="Damaged")
    shop.add_return("postage", date(2028, 5, 5), "POST", "0.01", customer_id="never seen buying")
    shop.add_return("after the last order", date(2028, 9, 1), "never sold", "1.00", customer_id="", quantity=3)
    shop.returns.append(shop.returns[0] | {"is_current": False, "refund_amount": Decimal(999)})
    shop.discount_codes, shop.tax_lines = source_rows.hand_made_discounts(), source_rows.hand_made_taxes()
    shop.balance_transactions = source_rows.hand_made_balance()
    shop.shipping_costs = source_rows.hand_made_parcels()
    shop.ad_spend, shop.inventory = source_rows.hand_made_ads(), source_rows.hand_made_stock()
    shop.events, shop.subscriptions = source_rows.hand_made_events(), source_rows.hand_made_subscriptions()
    shop.weather = source_rows.hand_made_weather()
    shop.targets, shop.annotations = source_rows.hand_made_plans()
    return shop


def made_at_random(seed: int) -> Shop:
    """A shop of 60 orders over 100 days with several versions of its customers and products."""
    rng = random.Random(seed)
    shop = Shop()
    start = date(2027, 12, 20) + timedelta(days=rng.randrange(30))
    shop.client[0]["business_date"] = start + timedelta(days=rng.randrange(110, 150))
    customers: dict[str, list[str | None]] = {"segment": ["consumer", "business", None], "country": ["US", "DE", None]}
    products: dict[str, list[str | None]] = {
        "category": ["electronics", "Jewelery", None],
        "product_type": ["product", "product", "fee"],
    }
    shop.customers = [
        row for number in range(12) for row in random_versions(rng, f"customer:{number}", start, customers)
    ]
    shop.products = [row for number in range(8) for row in random_versions(rng, f"product:{number}", start, products)]
    for number in range(60):
        add_random_order(shop, rng, f"order {number}", start + timedelta(days=rng.randrange(100)))
    for number in range(20):
        day = start + timedelta(days=rng.randrange(110))
        add_random_return(shop, rng, f"return {number}", day)
    orders = [row["order_id"] for row in shop.orders]
    shop.discount_codes, shop.tax_lines = source_rows.random_parts(orders)
    shop.balance_transactions = source_rows.random_balance(start, shop.payments)
    shop.shipping_costs = source_rows.random_parcels(orders)
    add_random_fees(shop)
    shop.ad_spend, shop.inventory = source_rows.random_ads(rng, start), source_rows.random_stock(rng, start)
    shop.events, shop.subscriptions = source_rows.random_events(rng, start), source_rows.random_periods(rng, start)
    shop.weather = source_rows.random_weather(rng, start)
    shop.targets, shop.annotations = source_rows.hand_made_plans()
    return shop


def counted_when_paid(shop: Shop) -> Shop:
    """The shop whose orders count on the day they are paid: at once, up to two weeks later, or not yet."""
    shop.client[0] |= {"order_day": "paid", "time_zone": "UTC"}
    for order in shop.orders:
        chance = random.Random(f"{order['order_id']} is paid")
        is_paid = chance.random() < 0.8
        order["paid_at"] = order["order_at"] + timedelta(days=chance.randrange(15)) if is_paid else None
        order["customer_id"] = order["customer_id"] if is_paid else None
    return shop


def as_counted(shop: Shop) -> Shop:
    """The shop as it counts: its orders have their own day, and those without one are not there yet."""
    if shop.client[0].get("order_day") != "paid":
        return shop
    days = {row["order_id"]: row["paid_at"].date() for row in shop.orders if row["paid_at"]}
    waiting = {row["order_id"] for row in shop.orders} - {*days}
    kept = {
        name: [row for row in getattr(shop, name) if row.get("order_id") not in waiting]
        for name in ("orders", "order_items", "payments", "refunds", "returns")
    }
    for name in ("orders", "order_items"):
        kept[name] = [row | {"order_date": days.get(row["order_id"], row["order_date"])} for row in kept[name]]
    return replace(shop, **kept)


def counted_otherwise(shop: Shop) -> Shop:
    """The shop whose orders count as soon as they are placed, until they are cancelled: up to ten days later."""
    shop.client[0] |= {"count_orders": "placed", "cancelled": "reversed", "time_zone": "UTC"}
    for order in shop.orders:
        chance = random.Random(f"{order['order_id']} is cancelled")
        if order["status"] == "cancelled" or chance.random() < 0.2:
            order["cancelled_at"] = order["order_at"] + timedelta(days=chance.randrange(10))
    return shop


def random_versions(rng: random.Random, key: str, start: date, attributes: dict[str, list[str | None]]) -> list[Row]:
    """Up to three versions of a customer or product, now and then two of the same day."""
    days = sorted(start + timedelta(days=rng.randrange(-5, 90)) for _ in range(rng.randrange(1, 4)))
    days = [days[0], *days] if rng.random() < 0.3 else days
    return [
        version(key, day, delivery, delivery == len(days), **{name: rng.choice(of) for name, of in attributes.items()})
        for delivery, day in enumerate(days, start=1)
    ]


def add_random_order(shop: Shop, rng: random.Random, order_id: str, day: date) -> None:
    """Add an order with up to five items, half of them with a discount on the order."""
    items = [
        (
            str(rng.randrange(9)),
            rng.randrange(1, 5),
            rng.choice(["0", "0.0050", "1.9999", "3.33", "10", "149.95"]),
            rng.choice(["0", "0", "0.01"]),
        )
        for _ in range(rng.randrange(6))
    ]
    discount = Decimal(rng.choice([0, 0, 1, 7, 100, 333])) / 100
    due = sum(round_cents(Decimal(price) * quantity) - Decimal(less) for _, quantity, price, less in items) - discount
    payments = [("failed", "9.99")] if rng.random() < 0.3 else []
    if rng.random() < 0.8:
        payments.append(("succeeded", str(max(due + Decimal(rng.choice(["0", "0", "0.01", "-0.01"])), Decimal(0)))))
    status = rng.choice(["completed", "completed", "placed", "shipped", "cancelled"])
    customer = rng.choice([None, *map(str, range(14))])
    channel = random.Random(order_id).choice(["web", "App ", "email", None])
    charges: Row = {name: Decimal(random.Random(order_id + name).choice([0, 0, 499, 1234])) / 100 for name in CHARGES}
    if random.Random(order_id + "inside").random() < 0.5:
        charges |= {"tax_inside": True, "tax_amount": round_cents(max(due, Decimal(0)) / 6)}
    if due > 20:
        charges["fee_amount"] = Decimal(random.Random(order_id + "fee").choice(["0", "3.50", "-0.03", "-5.00"]))
    order = {"status": status, "channel": channel, "discount_amount": discount, **charges}
    shop.add_order(order_id, day, customer, **order, items=items, payments=payments)


def add_random_return(shop: Shop, rng: random.Random, return_id: str, day: date) -> None:
    """Add a return of any product by any customer; of an order, half of them, with its parts or without."""
    refund = str(Decimal(rng.randrange(5000)) / 100)
    customer = rng.choice([None, *map(str, range(14))])
    product, quantity = str(rng.randrange(10)), rng.randrange(1, 4)
    more = random.Random(return_id)
    row: Row = {"quantity": quantity, "customer_id": customer}
    if more.random() < 0.6:
        order = more.choice([*shop.orders, {"order_id": "older"}])["order_id"]
        items = [item for item in shop.order_items if item["order_id"] == order]
        row |= {"order_id": order, "product_id": None, "quantity": None}
        if items and more.random() < 0.6:
            item = more.choice(items)
            row |= {"product_id": item["product_id"], "quantity": more.choice([None, 0, 1])}
            row |= {"line_number": item["line_number"]} if more.random() < 0.5 else {}
            row |= {"product_id": None} if "line_number" in row and more.random() < 0.5 else {}
        for part in ("goods_amount", "tax_amount", "shipping_amount", "other_amount"):
            if more.random() < 0.2:
                row[part] = Decimal(more.choice(["0", "0.07", "3.33", "12"]))
    shop.add_return(return_id, day, product, refund)
    shop.returns[-1] |= row


def add_random_fees(shop: Shop) -> None:
    """Add what payment providers keep of half of the payments, and what of half of the returns can be sold again."""
    for payment in shop.payments:
        chance = random.Random(f"{payment['payment_id']} has a fee")
        payment["fee_amount"] = chance.choice([None, None, Decimal("0.31"), Decimal("1.07")])
    for row in shop.returns:
        chance = random.Random(f"{row['return_id']} is sold again")
        row["units_restocked"] = chance.choice([None, None, Decimal(1), Decimal("2.500")])


def round_cents(amount: Decimal) -> Decimal:
    """To the cent, half away from zero."""
    return amount.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
