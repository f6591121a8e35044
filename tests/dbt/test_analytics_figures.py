"""What the Python models compute, from raw rows to the marts that publish it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from analytics.clusters import NAMES
from analytics.forecast import forecast
from analytics.value_ahead import Buyers, ahead
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import Row, Shop

pytestmark = pytest.mark.xdist_group("dbt analytics_figures")
MONDAY = date(2027, 1, 4)
MARTS = ("+mart_revenue_forecast", "+mart_customer_segments")


def a_year() -> Shop:
    """50 weeks of some sales a day by 60 customers; the first and the last day are sales of nobody known."""
    rng = random.Random(9)
    shop = Shop()
    for number in range(700):
        day = MONDAY + timedelta(days=number // 2)
        add_sale(shop, f"order {number}", day, str(int(rng.random() ** 2 * 60)), rng.randrange(1, 20))
    shop.add_order("cancelled", MONDAY, "1", status="cancelled", items=[("1", 1, "5000", "0")])
    for number, day in enumerate((MONDAY - timedelta(days=1), MONDAY + timedelta(weeks=50))):
        add_sale(shop, f"outside {number}", day, None, 9_999)
    return shop


def add_sale(shop: Shop, order_id: str, day: date, customer: str | None, quantity: int) -> None:
    shop.add_order(order_id, day, customer, items=[("1", quantity, "3.33", "0")],
                   payments=[("succeeded", str(Decimal("3.33") * quantity))])  # fmt: skip


@pytest.fixture
def built(warehouse: Warehouse) -> Warehouse:
    warehouse.build(a_year())
    return warehouse


def weekly_net(shop: Shop) -> list[Decimal]:
    quantities = {row["order_id"]: row["quantity"] for row in shop.order_items}
    weeks = [Decimal(0)] * 50
    for order in shop.orders:
        number = (order["order_date"] - MONDAY).days // 7
        if 0 <= number < 50 and order["status"] != "cancelled":
            weeks[number] += Decimal("3.33") * quantities[order["order_id"]]
    return weeks


def test_the_forecast_is_of_the_whole_weeks_of_sales(built: Warehouse) -> None:
    days: dict[date, Decimal] = {}
    for number, net in enumerate(weekly_net(a_year())):
        days |= {MONDAY + timedelta(weeks=number): net, MONDAY + timedelta(weeks=number, days=6): Decimal(0)}
    expected = forecast(days)
    found = built.rows("select * from marts.mart_revenue_forecast order by weeks_ahead")
    assert [row["week_start_date"] for row in found] == [MONDAY + timedelta(weeks=50 + n) for n in range(12)]
    assert [list(row.values()) for row in found] == [
        [
            week.week_start_date,
            week.weeks_ahead,
            week.model_name,
            *(
                Decimal(str(round(amount, 2))).quantize(Decimal("0.01"))
                for amount in (week.net, week.lower_80, week.upper_80, week.lower_95, week.upper_95)
            ),
            Decimal(str(round(week.linear_trend_net, 2))).quantize(Decimal("0.01")),
            week.baseline,
            week.backtest_origins,
            week.backtest_error,
            week.linear_trend_error,
            week.baseline_error,
            week.coverage_80,
            week.coverage_95,
        ]
        for week in expected
    ]
    assert {row["model_name"] for row in found} == {"damped_holt"}


def test_every_known_buyer_has_a_cluster_in_the_order_of_value(built: Warehouse) -> None:
    rows = built.rows("select customer_id, cluster_name, lifetime_value from marts.mart_customer_segments")
    assert {row["customer_id"] for row in rows} == {row["customer_id"] for row in a_year().orders} - {None}
    assert set(Counter(row["cluster_name"] for row in rows)) == set(NAMES)

    def mean(name: str) -> Decimal:
        values = [row["lifetime_value"] for row in rows if row["cluster_name"] == name]
        return Decimal(sum(values)) / len(values)

    assert all(mean(higher) > mean(lower) for higher, lower in pairwise(NAMES))


def test_what_customers_will_buy_follows_from_their_days(warehouse: Warehouse) -> None:
    """320 customers with up to six purchases, two on one day for some; the fit is of what Python counts."""
    rng = random.Random(3)
    shop = Shop()
    shop.client[0]["business_date"] = date(2028, 3, 31)
    bought: dict[str, dict[date, int]] = {}
    for number in range(1100):
        customer, day = str(int(rng.random() ** 1.5 * 320)), MONDAY + timedelta(days=int(rng.random() * 420))
        quantity = rng.randrange(1, 4) + int(customer) % 7  # some always buy much
        add_sale(shop, f"order {number}", day, customer, quantity)
        days = bought.setdefault(customer, {})
        days[day] = days.get(day, 0) + quantity * 333
    warehouse.build(shop)
    customers = sorted(bought)
    rows = []
    for customer in customers:
        (first, _), *later = sorted(bought[customer].items())
        last = later[-1][0] if later else first
        mean = sum(cents for _, cents in later) / len(later) / 100 if later else 0.0
        rows.append((len(later), (last - first).days / 7, (date(2028, 3, 31) - first).days / 7, mean))
    expected = ahead(Buyers(*np.array(rows, dtype=float).T))
    assert expected is not None
    found = warehouse.rows("select * from marts.mart_customer_segments order by customer_id")
    assert [row["customer_id"] for row in found] == customers
    for name, values in (("alive_probability", expected.alive), ("orders_ahead", expected.purchases)):
        assert [row[name] for row in found] == pytest.approx(list(values), rel=1e-9), name
    assert [float(row["value_ahead"]) for row in found] == pytest.approx(list(expected.value), abs=0.0051)


def test_another_run_and_another_order_of_rows_change_nothing(built: Warehouse) -> None:
    def published() -> list[list[Row]]:
        return [
            built.rows("select customer_id, cluster_name from marts.mart_customer_segments order by all"),
            built.rows("select * from marts.mart_revenue_forecast order by all"),
        ]

    before = published()
    shop = a_year()
    shop.orders.reverse()
    built.write(shop)
    built.run("--full-refresh", "--select", *MARTS)
    assert published() == before


def test_the_tests_hold_where_there_is_a_forecast_and_a_cluster(built: Warehouse) -> None:
    both = ("reconcile_revenue_forecast", "reconcile_customer_clusters")
    marts = ("mart_revenue_forecast", "mart_customer_segments", "path:models/analytics")
    results = built.dbt("test", "--select", *marts, "--exclude-resource-type", "unit_test")
    assert {str(result.status) for result in results.values()} == {"pass", "success"}
    assert {*both, "mart_revenue_forecast_rules"} <= set(results)
    built.execute("update marts.mart_revenue_forecast set week_start_date = week_start_date + 7")
    built.execute(
        "update marts.mart_customer_segments set cluster_name = 'lowest_value' where cluster_name = 'highest_value'"
    )
    results = built.dbt("test", "--select", *both)
    assert [str(results[name].status) for name in both] == ["fail", "fail"]
