"""What the subscription tables must hold, worked out from raw periods in whole cents and without SQL."""

from __future__ import annotations

from datetime import date, timedelta

from tests.dbt.oracle import money
from tests.dbt.oracle_amounts import cents
from tests.dbt.oracle_marketing import month_of, months_between
from tests.dbt.shops import Row, Shop

MOVEMENTS = ("new_mrr", "reactivated_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr")


def subscriptions(shop: Shop) -> list[Row]:
    """fct_subscriptions."""
    return [
        {
            "subscription_id": row["subscription_id"],
            "started_date": row["started_date"],
            "ended_date": row["ended_date"],
            "customer_id": row["customer_id"],
            "plan_name": (row["plan"] or "unknown").strip().lower(),
            "monthly_amount": row["monthly_amount"],
        }
        for row in shop.current("subscriptions")
    ]


def subscription_months(shop: Shop) -> list[Row]:
    """mart_subscriptions."""
    periods = subscriptions(shop)
    if not periods:
        return []
    starts = [row["started_date"] for row in periods]
    last = shop.client[0]["business_date"]
    before: dict[str, int] = {}
    ever: set[str] = set()
    rows: list[Row] = []
    for month in months_between(month_of(min(starts)), last):
        measured = min(last, month_of(month + timedelta(days=31)) - timedelta(days=1))
        now = balances(periods, measured)
        moves = dict.fromkeys(MOVEMENTS, 0)
        heads = {"new_mrr": 0, "reactivated_mrr": 0, "churned_mrr": 0}
        for customer in before.keys() | now.keys():
            change = now.get(customer, 0) - before.get(customer, 0)
            if customer in before and customer in now:
                moves["expansion_mrr"] += max(change, 0)
                moves["contraction_mrr"] += max(-change, 0)
                continue
            kind = "churned_mrr" if customer in before else "reactivated_mrr" if customer in ever else "new_mrr"
            moves[kind] += abs(change)
            heads[kind] += 1
        rows.append(
            {
                "month_start_date": month,
                "measured_date": measured,
                "opening_mrr": money(sum(before.values())),
                **{kind: money(amount) for kind, amount in moves.items()},
                "closing_mrr": money(sum(now.values())),
                "new_subscribers": heads["new_mrr"],
                "reactivated_subscribers": heads["reactivated_mrr"],
                "churned_subscribers": heads["churned_mrr"],
                "closing_subscribers": len(now),
            }
        )
        before = now
        ever |= now.keys()
    return rows


def balances(periods: list[Row], day: date) -> dict[str, int]:
    """Cents a month of every customer who pays at the end of a day."""
    totals: dict[str, int] = {}
    for row in periods:
        if row["started_date"] <= day and (row["ended_date"] is None or row["ended_date"] > day):
            totals[row["customer_id"]] = totals.get(row["customer_id"], 0) + cents(row["monthly_amount"])
    return {customer: total for customer, total in totals.items() if total}
