"""What the weather tables must hold, worked out from raw rows and orders without SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import sqrt

from tests.dbt.oracle import Oracle, money
from tests.dbt.oracle_amounts import cents
from tests.dbt.oracle_marketing import month_of
from tests.dbt.shops import Row, Shop


def weather(shop: Shop) -> list[Row]:
    """fct_weather."""
    columns = ("weather_date", "country", "temperature", "precipitation")
    return [
        {name: row[name] for name in columns} | {"country": row["country"].strip()} for row in shop.current("weather")
    ]


def weather_sales(shop: Shop, oracle: Oracle) -> list[Row]:
    """mart_weather_sales."""
    days = oracle.sales_days()
    rows: list[Row] = []
    for row in weather(shop):
        if row["weather_date"] not in days:
            continue
        place = (row["weather_date"], row["country"])
        sold = [one for one in oracle.orders if one["is_sale"] and (one["order_date"], one["country"]) == place]
        rows.append(
            {
                "weather_date": row["weather_date"],
                "country": row["country"],
                "month_start_date": month_of(row["weather_date"]),
                "temperature": row["temperature"],
                "precipitation": row["precipitation"],
                "order_count": len(sold),
                "net": money(sum(cents(one["net"]) for one in sold)),
            }
        )
    for row in rows:
        month = [one for one in rows if _month(one) == _month(row)]
        for measure in ("temperature", "precipitation"):
            row[f"{measure}_correlation"] = correlation(
                [(one[measure], one["net"]) for one in month if one[measure] is not None]
            )
    return rows


def _month(row: Row) -> tuple[str, date]:
    return row["country"], row["month_start_date"]


def correlation(pairs: list[tuple[Decimal, Decimal]]) -> float | None:
    """Pearson's coefficient by its definition, in fractions up to the root; None where one of the two is constant."""
    count = len(pairs)
    if not count:
        return None
    left, right = ([Fraction(pair[side]) for pair in pairs] for side in (0, 1))
    means = sum(left) / count, sum(right) / count
    covariance = sum((x - means[0]) * (y - means[1]) for x, y in zip(left, right, strict=True))
    spread = sum((x - means[0]) ** 2 for x in left) * sum((y - means[1]) ** 2 for y in right)
    return float(covariance) / sqrt(spread) if spread else None
