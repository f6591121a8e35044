"""Raw rows of the sources beside the sales: made by hand from everything that has an edge, and random ones."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]


def ad(day: date, channel: str, campaign: str, spend: str, **counts: int | None) -> Row:
    """What a campaign cost on a day."""
    row = {"spend_date": day, "channel": channel, "campaign": campaign, "spend_amount": Decimal(spend)}
    return row | {"impressions": None, "clicks": None} | counts


def hand_made_ads() -> list[Row]:
    """January to August 2028, with a month of nothing, a free one and a channel that sells nothing."""
    first, leap, march = date(2028, 1, 1), date(2028, 2, 29), date(2028, 3, 1)
    return [
        ad(first, "web", "brand", "10.01", impressions=1000, clicks=3),
        ad(first, "Web ", "Brand", "0.02", impressions=1),  # the same campaign, spelled otherwise
        ad(first, "web", "other", "5.00", clicks=0),
        ad(leap, "billboard", "all", "99.99"),
        ad(march, "web", "brand", "0.00", impressions=0, clicks=0),
        ad(date(2028, 8, 31), "web", "brand", "1.00", clicks=7),
        ad(first, "web", "brand", "999.99") | {"is_current": False, "_line": 99},
    ]


def random_ads(rng: random.Random, start: date) -> list[Row]:
    """Forty campaigns and days, before, during and after the orders."""
    keys = {(start + timedelta(days=rng.randrange(-40, 130)), rng.choice(["web", "app", "tv"])) for _ in range(40)}
    return [
        ad(
            day,
            channel,
            rng.choice(["brand", "Brand "]),
            str(Decimal(rng.randrange(3000)) / 100),
            impressions=rng.choice([None, 0, 500]),
            clicks=rng.choice([None, 0, 9]),
        )
        for day, channel in sorted(keys)
    ]


def stock(day: date, product_id: str, on_hand: int, received: int | None = 0) -> Row:
    """What lay in the store at the end of a day."""
    return {"stock_date": day, "product_id": product_id, "stock_on_hand": on_hand, "received_units": received}


def hand_made_stock() -> list[Row]:
    """Of products that are sold, never sold, oversold, told of no more before the last sales, and of unknown supply."""
    first, march, end = date(2028, 1, 1), date(2028, 3, 1), date(2028, 8, 31)
    return [
        stock(first, "1", 0, 1),
        stock(march, "1", 7, 9),
        stock(end, "1", 3),
        stock(end, "3", 999_999_999, 5),
        stock(end, "unsold", 4),
        stock(end, "2", -1, None),
        stock(march, "only in the store", 2, 2),
        stock(end, "1", 999) | {"is_current": False, "_line": 99},
    ]


def random_stock(rng: random.Random, start: date) -> list[Row]:
    """Sixty stock levels from before to after the orders."""
    keys = {(start + timedelta(days=rng.randrange(-10, 120)), str(rng.randrange(11))) for _ in range(60)}
    return [stock(day, product, rng.randrange(-2, 9), rng.choice([0, 0, 5])) for day, product in sorted(keys)]


def event(event_id: str, day: date, event_type: str, count: int = 1, **more: str | None) -> Row:
    """What visitors did at noon of a day."""
    row = {"event_id": event_id, "event_at": datetime.combine(day, time(12)), "event_date": day}
    return row | {"event_type": event_type, "channel": "web", "product_id": None, "event_count": count} | more


def hand_made_events() -> list[Row]:
    """Counts and single events, a whole funnel, steps without a visit and a product that only visitors know."""
    first, leap, end = date(2028, 1, 1), date(2028, 2, 29), date(2028, 8, 31)
    return [
        *(event(f"f/{name}", first, name, 2 * count) for name, count in (("session", 50), ("view", 80), ("cart", 9))),
        *(event(f"f/{name}", first, name, count) for name, count in (("checkout", 3), ("purchase", 2))),
        event("single", first, "view", channel="Web ", product_id="1"),
        event("another", first, "view", product_id="1"),
        event("seen", leap, "view", product_id="only seen"),
        event("bought", leap, "purchase", 4, channel="app"),
        event("nobody", end, "session", 0, channel=" "),
        event("single", first, "view", 999, product_id="1") | {"is_current": False, "_line": 99},
    ]


def random_events(rng: random.Random, start: date) -> list[Row]:
    """A hundred events and counts from before to after the orders."""
    return [
        event(
            f"event {number}",
            start + timedelta(days=rng.randrange(-3, 25)),
            rng.choice(["session", "view", "cart", "checkout", "purchase"]),
            rng.choice([0, 1, 1, 7]),
            channel=rng.choice(["web", "App"]),
            product_id=rng.choice([None, "1", "12"]),
        )
        for number in range(100)
    ]


def period(subscription_id: str, customer_id: str, start: date, end: date | None, amount: str) -> Row:
    """A period of a subscription."""
    row = {"subscription_id": subscription_id, "customer_id": customer_id, "plan": " Basic"}
    return row | {"started_date": start, "ended_date": end, "monthly_amount": Decimal(amount)}


def hand_made_subscriptions() -> list[Row]:
    """Every movement, one that begins and ends within a month, a free one, and an end that is yet to come."""
    first, leap, april = date(2028, 1, 31), date(2028, 2, 29), date(2028, 4, 1)
    return [
        period("up", "007", first, april, "10.00"),
        period("up", "007", april, None, "12.50"),
        period("beside", "007", first, leap, "0.99"),
        period("back", "churned", first, leap, "5.00"),
        period("back", "churned", date(2028, 5, 31), date(2028, 6, 30), "6.00"),
        period("short", "prospect", date(2028, 3, 2), date(2028, 3, 31), "99.00"),
        period("free", "prospect", first, None, "0.00"),
        period("same day", "prospect", leap, leap, "7.00"),
        period("going", "only subscribes", leap, date(2028, 12, 31), "3.00"),
        period("up", "007", first, None, "999.00") | {"is_current": False, "_line": 99},
    ]


def random_periods(rng: random.Random, start: date) -> list[Row]:
    """Sixty periods of twenty customers over a year, apart and over each other."""
    periods: dict[tuple[str, date], Row] = {}
    for _ in range(60):
        customer, begin = str(rng.randrange(20)), start + timedelta(days=rng.randrange(-90, 200))
        end = rng.choice([None, begin + timedelta(days=rng.randrange(120))])
        amount = str(Decimal(rng.randrange(3000)) / 100)
        periods[customer, begin] = period(customer, customer, begin, end, amount)
    return list(periods.values())


def weather(day: date, country: str, temperature: str | None, precipitation: str | None) -> Row:
    """The weather of a country on a day."""
    row: Row = {"weather_date": day, "country": country}
    amounts = {"temperature": temperature, "precipitation": precipitation}
    return row | {name: None if text is None else Decimal(text) for name, text in amounts.items()}


def hand_made_weather() -> list[Row]:
    """Days with and without sales and measurements, of countries with and without, and outside of all sales."""
    first, leap = date(2028, 1, 1), date(2028, 2, 29)
    return [
        weather(first, "US", "-1.50", "0.00"),
        weather(first + timedelta(days=1), " US", "3.25", "0.00"),
        weather(first + timedelta(days=2), "US", None, "9.99"),
        weather(leap, "US", "7.00", None),
        weather(leap, "FR", "11.00", "1.00"),
        weather(date(2028, 12, 24), "US", "0.00", "0.00"),
        weather(leap, "US", "99.00", "99.00") | {"is_current": False, "_line": 99},
    ]


def random_weather(rng: random.Random, start: date) -> list[Row]:
    """Two countries, from before to after the orders, with gaps."""
    return [
        weather(
            start + timedelta(days=number),
            country,
            rng.choice([None, str(Decimal(rng.randrange(-900, 3000)) / 100)]),
            rng.choice(["0.00", str(Decimal(rng.randrange(2000)) / 100)]),
        )
        for number in range(-5, 120)
        for country in ("US", "DE")
        if rng.random() < 0.8
    ]


def hand_made_discounts() -> list[Row]:
    """Two codes of one order, one of unknown worth, one of an order that is not there, and one delivered before."""
    return [
        {"order_id": "thirds", "code": " SPRING ", "kind": "fixed", "amount": Decimal("9.00")},
        {"order_id": "thirds", "code": "SPRING", "kind": None, "amount": Decimal("1.00")},
        {"order_id": "cancelled", "code": "spring", "kind": "shipping", "amount": None},
        {"order_id": "not arrived", "code": "SPRING", "amount": Decimal(1)},
        {"order_id": "thirds", "code": "OLD", "amount": Decimal(5), "is_current": False, "_line": 99},
    ]


def hand_made_taxes() -> list[Row]:
    """Of a line with all that can be said, of a whole order with nothing, and one of nothing."""
    vat = {"title": "VAT", "jurisdiction": " DE ", "rate": Decimal("0.190000"), "taxable_amount": Decimal("6.47")}
    return [
        {"order_id": "thirds", "line_number": 1, "amount": Decimal("1.23"), "collected_by": "shop"} | vat,
        {"order_id": "thirds", "amount": Decimal("0.00"), "title": " ", "collected_by": "marketplace"},
        {"order_id": "partly", "amount": Decimal("0.01")},
        {"order_id": "not arrived", "amount": Decimal(1)},
        {"order_id": "thirds", "amount": Decimal(9), "is_current": False, "_line": 99},
    ]


def random_parts(order_ids: list[str]) -> tuple[list[Row], list[Row]]:
    """Discount codes and taxes of some orders."""
    rng = random.Random("parts of orders")
    codes = [
        {"order_id": order_id, "code": rng.choice(["A", "B"]), "amount": Decimal(rng.randrange(900)) / 100}
        for order_id in order_ids
        for _ in range(rng.randrange(3))
    ]
    taxes = [
        {"order_id": order_id, "title": rng.choice(["VAT", None]), "amount": Decimal(rng.randrange(900)) / 100}
        for order_id in order_ids
        for _ in range(rng.randrange(3))
    ]
    return codes, taxes


def moved(identity: str, kind: str, day: date, amount: str, **others: Any) -> Row:
    """A movement of the balance at noon."""
    row: Row = {"balance_transaction_id": identity, "kind": kind, "amount": Decimal(amount)}
    return row | {"occurred_at": datetime.combine(day, time(12)), "occurred_date": day} | others


def hand_made_balance() -> list[Row]:
    """A charge and its refund paid out, one of unknown fee, one of a day that is not over, and one delivered before."""
    leap, march = date(2028, 2, 29), date(2028, 3, 1)
    fee = Decimal("0.61")
    return [
        moved("b1", "charge", leap, "20.73", fee_amount=fee, payout_id="p1", order_id="thirds", payment_id="thirds/1"),
        moved("b2", "refund", leap, "-10.00", net_amount=Decimal("-10.05"), payout_id="p1"),
        moved("p1", "payout", march, "-10.07", fee_amount=Decimal(0), available_date=date(2030, 1, 2)),
        moved("b3", "other", march, "0.00"),
        moved("b5", "dispute", march, "-3.00", fee_amount=Decimal("15.00"), payment_id="thirds/1"),
        moved("b6", "fee", march, "-2.50"),
        moved("b4", "charge", date(2028, 9, 21), "5.00"),
        moved("b1", "charge", leap, "99.00") | {"is_current": False, "_line": 99},
    ]


def random_balance(start: date, payments: list[Row]) -> list[Row]:
    """Movements of a hundred days, most with a fee and paid out, half of a payment."""
    rng = random.Random("balance")
    return [
        moved(
            str(number),
            rng.choice(["charge", "charge", "refund", "dispute", "fee", "adjustment"]),
            start + timedelta(days=rng.randrange(100)),
            f"{rng.randrange(-5000, 20000) / 100:.2f}",
            fee_amount=rng.choice([None, Decimal("0.25")]),
            payout_id=rng.choice([None, "p1", "p2"]),
            payment_id=random.Random(f"movement {number}").choice(
                [None, random.Random(number).choice(payments)["payment_id"]]
            ),
        )
        for number in range(80)
    ]


def hand_made_parcels() -> list[Row]:
    """Two parcels of an order and a credit for one, one of an order that has not arrived, and one as it was before."""
    costs = {
        "s1": ("partly", "6.00"),
        "s2": ("partly", "3.33"),
        "s3": ("thirds", "4.10"),
        "s4": ("not arrived", "1.00"),
    }
    rows = [{"shipment_id": name, "order_id": of, "cost_amount": Decimal(cost)} for name, (of, cost) in costs.items()]
    credit = {"shipment_id": "s5", "order_id": "thirds", "cost_amount": Decimal("-0.60")}
    return [*rows, credit, rows[0] | {"cost_amount": Decimal(99), "is_current": False, "_line": 99}]


def random_parcels(order_ids: list[str]) -> list[Row]:
    """Up to two parcels of each order."""
    rng = random.Random("parcels")
    return [
        {"shipment_id": f"{order_id}/{number}", "order_id": order_id, "cost_amount": Decimal(rng.randrange(900)) / 100}
        for order_id in order_ids
        for number in range(rng.randrange(3))
    ]


def hand_made_plans() -> tuple[list[Row], list[Row]]:
    """Targets of a month that is over, of one ahead, and one as it was before; a day with two notes, one twice."""
    march, ahead = date(2028, 3, 1), date(2030, 12, 1)
    targets = [
        {"target_month": march, "metric": "net_sales", "target_amount": Decimal("1000.50")},
        {"target_month": march, "metric": "order_count", "target_amount": Decimal(7)},
        {"target_month": ahead, "metric": "net_sales", "target_amount": Decimal(0)},
        {"target_month": march, "metric": "net_sales", "target_amount": Decimal(9), "is_current": False, "_line": 99},
    ]
    notes = [
        {"annotated_date": march, "text": " Spring sale", "kind": "Campaign"},
        {"annotated_date": march, "text": "Spring sale", "kind": "sale"},
        {"annotated_date": march, "text": "Site down", "kind": None},
        {"annotated_date": ahead, "text": "Trade fair", "kind": " "},
    ]
    return targets, notes
