"""What the marketing tables must hold, worked out from raw rows and orders in whole cents and without SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tests.dbt.oracle import Oracle, money, per
from tests.dbt.oracle_amounts import cents
from tests.dbt.shops import Row, Shop

STEPS = {
    "session": "sessions",
    "view": "product_views",
    "cart": "carts",
    "checkout": "checkouts",
    "purchase": "purchases",
}


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months from one day to another."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return sorted({month_of(day) for day in days})


def sum_of_known(values: Iterable[int | None]) -> int | None:
    """The sum of those that are known; unknown when none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def ad_spend(shop: Shop) -> list[Row]:
    """fct_ad_spend."""
    campaigns: dict[tuple[date, str, str], list[Row]] = {}
    for row in shop.current("ad_spend"):
        key = (row["spend_date"], row["channel"].strip().lower(), row["campaign"].strip().lower())
        campaigns.setdefault(key, []).append(row)
    return [
        {
            "spend_date": day,
            "channel": channel,
            "campaign": campaign,
            "spend": money(sum(cents(row["spend_amount"]) for row in rows)),
            "impressions": sum_of_known(row["impressions"] for row in rows),
            "clicks": sum_of_known(row["clicks"] for row in rows),
        }
        for (day, channel, campaign), rows in campaigns.items()
    ]


def marketing_roas(shop: Shop, oracle: Oracle) -> list[Row]:
    """mart_marketing_roas."""
    ads = ad_spend(shop)
    if not ads:
        return []
    months = months_between(min(row["spend_date"] for row in ads), max(row["spend_date"] for row in ads))
    sales = [row for row in oracle.orders if row["is_sale"]]
    firsts: dict[str, Row] = {}
    for row in sorted(sales, key=lambda row: (row["order_at"], row["order_id"])):
        if row["customer_id"] != "unknown":
            firsts.setdefault(row["customer_id"], row)
    channels = {row["channel"] for row in ads}
    channels |= {row["channel"] for row in sales if month_of(row["order_date"]) in months}
    has_channels = any(row["channel"] != "unknown" for row in sales)
    rows: list[Row] = []
    for month in months:
        for channel in channels:
            is_known = has_channels or channel == "unknown"
            spent = [row for row in ads if (month_of(row["spend_date"]), row["channel"]) == (month, channel)]
            sold = [row for row in sales if (month_of(row["order_date"]), row["channel"]) == (month, channel)]
            won = [row for row in firsts.values() if (month_of(row["order_date"]), row["channel"]) == (month, channel)]
            spend, revenue = sum(cents(row["spend"]) for row in spent), sum(cents(row["net"]) for row in sold)
            clicks = sum_of_known(row["clicks"] for row in spent)
            rows.append(
                {
                    "month_start_date": month,
                    "channel": channel,
                    "spend": money(spend),
                    "impressions": sum_of_known(row["impressions"] for row in spent),
                    "clicks": clicks,
                    "order_count": len(sold) if is_known else None,
                    "attributed_revenue": money(revenue) if is_known else None,
                    "new_customer_count": len(won) if is_known else None,
                    "return_on_ad_spend": revenue / spend if spend and is_known else None,
                    "customer_acquisition_cost": per(spend, len(won)) if spend and is_known else None,
                    "cost_per_click": per(spend, clicks or 0),
                }
            )
    return rows


def events(shop: Shop) -> list[Row]:
    """fct_events."""
    counts: dict[tuple[date, str, str | None, str], int] = {}
    for row in shop.current("events"):
        channel = row["channel"].strip().lower() or "unknown"
        key = (row["event_date"], channel, row["product_id"], row["event_type"])
        counts[key] = counts.get(key, 0) + row["event_count"]
    names = ("event_date", "channel", "product_id", "event_type")
    return [dict(zip(names, key, strict=True)) | {"event_count": count} for key, count in counts.items()]


def funnel(shop: Shop) -> list[Row]:
    """mart_funnel."""
    steps: dict[tuple[date, str], dict[str, int]] = {}
    for row in events(shop):
        of_day = steps.setdefault((row["event_date"], row["channel"]), dict.fromkeys(STEPS.values(), 0))
        of_day[STEPS[row["event_type"]]] += row["event_count"]

    delivered = {STEPS[row["event_type"]] for row in events(shop)}

    def rate(part: int | None, whole: int | None) -> float | None:
        return part / whole if whole and part is not None else None

    return [
        {
            "event_date": day,
            "channel": channel,
            **of_day,
            "cart_rate": rate(of_day["carts"], of_day["sessions"]),
            "checkout_rate": rate(of_day["checkouts"], of_day["carts"]),
            "purchase_rate": rate(of_day["purchases"], of_day["checkouts"]),
            "conversion_rate": rate(of_day["purchases"], of_day["sessions"]),
        }
        for (day, channel), counts in steps.items()
        for of_day in [{step: count if step in delivered else None for step, count in counts.items()}]
    ]
