"""Every figure of the other pages that is not a mart's own cell, worked out again from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from tests.serve.dashboard.conftest import Shop, captions, cards, day
from tests.serve.dashboard.oracle import Choice, Facts, cents, dollars, growth, month_after, month_of, per_cent

TurnTo = Callable[..., AppTest]
pytestmark = pytest.mark.xdist_group("dashboard")

START, END = day("2025-11-01"), day("2026-10-31")
OCTOBER = day("2026-10-01")


def by_month(facts: Facts) -> dict[date, int]:
    found: dict[date, int] = defaultdict(int)
    for row in facts.items:
        found[month_of(row["order_date"])] += cents([row["net"]])
    return found


def test_growth(facts: Facts, turn_to: TurnTo) -> None:
    app = turn_to("growth")
    net = by_month(facts)
    october = [row for row in facts.orders if month_of(row["order_date"]) == OCTOBER]
    assert cards(app) == {
        "Revenue in Oct 2026": (dollars(net[OCTOBER]), growth(net[OCTOBER], net[day("2026-09-01")])),
        "Against a year before": (per_cent(net[OCTOBER] / net[day("2025-10-01")] - 1), ""),
        "Orders": (str(len(october)), ""),
        "Running total": (dollars(sum(of for month, of in net.items() if month >= START)), ""),
    }
    months, categories, _ = (table.value for table in app.dataframe)
    assert list(months["Month"]) == [month_after(START, count) for count in range(12)]
    assert [cents([value]) for value in months["Revenue (USD)"]] == [net[month] for month in months["Month"]]
    assert cents(categories["Revenue (USD)"]) == sum(net[month] for month in months["Month"])


def test_growth_of_one_category(facts: Facts, turn_to: TurnTo) -> None:
    app = turn_to("growth", category="jewelry", period="all")
    categories = app.dataframe[1].value
    expected = cents(row["net"] for row in facts.items if row["category"] == "jewelry")
    assert cents(categories["Revenue (USD)"]) == expected
    assert "does not follow the category filter" in captions(app)


@pytest.mark.parametrize("country", [None, "US"])
def test_customers(facts: Facts, turn_to: TurnTo, country: str | None) -> None:
    app = turn_to("customers", **({"country": country} if country else {}))
    people = {
        row["customer_id"]: row
        for row in facts.rows("dim_customers")
        if row["customer_id"] != "unknown" and country in (None, row["country"])
    }
    last = {row["customer_id"]: row["order_date"] for row in facts.orders if row["customer_id"] in people}
    end = max(row["order_date"] for row in facts.rows("fct_orders"))
    first = {customer: facts.first_sales[customer]["order_date"] for customer in last}
    recent = [one for one in last if (end - last[one]).days <= 90 or (end - first[one]).days < 30]
    at_risk = [one for one in last if 90 < (end - last[one]).days <= 180]
    assert cards(app) == {
        "Customers": (str(len(people)), ""),
        "Buyers": (str(len(last)), ""),
        "New or active": (str(len(recent)), ""),
        "At risk": (str(len(at_risk)), ""),
        "Lifetime value": (dollars(sum(facts.lifetime_values[one] for one in people)), ""),
        "Value ahead": ("–", ""),  # fewer than 200 came back
    }
    best = app.dataframe[-1].value
    expected = sorted(last, key=lambda one: (-facts.lifetime_values[one], one))[:100]
    assert list(best["Customer"]) == expected
    assert [cents([value]) for value in best["Lifetime value (USD)"]] == [
        facts.lifetime_values[one] for one in expected
    ]
    segments = app.dataframe[0].value
    assert sum(segments["Customers"]) == len(people)
    worth = sorted((facts.lifetime_values[one] for one in last), reverse=True)
    fifth = sum(worth[: len(worth) * 20 // 100])
    assert f"The best fifth of the buyers bring {fifth / sum(worth) * 100:.0f} %" in captions(app)


@pytest.mark.parametrize(("period", "start"), [("12 months", START), ("all", day("2024-11-01"))])
def test_retention(facts: Facts, turn_to: TurnTo, period: str, start: date) -> None:
    app = turn_to("retention", period=period)

    def back(months: int) -> str:
        cohorts = [one for one in facts.cohorts if start <= one and month_after(one, months) <= OCTOBER]
        active = sum(len(facts.cohorts[one] & facts.active[month_after(one, months)]) for one in cohorts)
        return per_cent(active / sum(len(facts.cohorts[one]) for one in cohorts))

    september = facts.active[day("2026-09-01")]
    assert cards(app) == {
        "Active in Oct 2026": (str(len(facts.active[OCTOBER])), ""),
        "Churn in Oct 2026": (per_cent(len(september - facts.active[OCTOBER]) / len(september)), ""),
        "Back after 1 month": (back(1), ""),
        "Back after 3 months": (back(3), ""),
        "Back after 6 months": (back(6), ""),
    }
    table = app.dataframe[0].value
    assert set(table["Cohort"]) == {one for one in facts.cohorts if one >= start}
    for _, row in table.iterrows():
        assert row["Active"] == len(facts.cohorts[row["Cohort"]] & facts.active[row["Month"]])


@pytest.mark.parametrize("category", [None, "electronics"])
def test_products(facts: Facts, turn_to: TurnTo, category: str | None) -> None:
    app = turn_to("products", period="90 days", **({"category": category} if category else {}))
    products = {row["product_id"]: row for row in facts.rows("dim_products")}
    sold = Choice(facts, day("2026-08-03"), END, {})
    net: dict[str, int] = defaultdict(int)
    units: dict[str, int] = defaultdict(int)
    for row in sold.items:
        if row["is_product"] and category in (None, products[row["product_id"]]["category"]):
            net[row["product_id"]] += cents([row["net"]])
            units[row["product_id"]] += row["quantity"]
    kept, net_sales = dict(units), dict(net)
    for row in facts.returns:
        product, is_chosen = row["product_id"], day("2026-08-03") <= row["returned_date"] <= END
        if row["is_product"] and is_chosen and category in (None, products[product]["category"]):
            kept[product] = kept.get(product, 0) - (row["quantity"] or 0)
            net_sales[product] = net_sales.get(product, 0) - cents([row["refund"]])
    pareto, ranking, stock = (table.value for table in app.dataframe)
    assert list(ranking["Product"]) == sorted(net_sales, key=lambda one: (-net[one], -units[one], one))
    assert {row["Product"]: cents([row["Revenue (USD)"]]) for _, row in ranking.iterrows()} == dict(net)
    assert {row["Product"]: cents([row["Net sales (USD)"]]) for _, row in ranking.iterrows()} == net_sales
    assert dict(zip(ranking["Product"], ranking["Units sold"], strict=True)) == dict(units)
    assert dict(zip(ranking["Product"], ranking["Units after returns"], strict=True)) == kept
    app.radio[0].set_value("After returns").run()
    after = app.dataframe[1].value
    assert list(after["Product"]) == sorted(net_sales, key=lambda one: (-net_sales[one], -kept[one], one))
    left = {
        row["product_id"]: row["stock_on_hand"]
        for row in facts.rows("fct_inventory_daily")
        if row["stock_date"] == END and category in (None, products[row["product_id"]]["category"])
    }
    assert dict(zip(stock["Product"], stock["In stock"], strict=True)) == left
    shown = cards(app)
    assert shown["Out of stock"] == (str(sum(count <= 0 for count in left.values())), "")
    assert shown["Reorder due"] == (str(sum(stock["Reorder"])), "")
    assert shown["Products ever sold"] == (
        str(len({row["product_id"] for row in facts.items if row["is_product"]})),
        "",
    )
    before = [share for share in pareto["Share, added up"] if share < 0.8]
    assert shown["Class A products"] == (str(len(before) + 1), "")


@pytest.mark.parametrize("channel", [None, "search"])
def test_marketing(facts: Facts, turn_to: TurnTo, channel: str | None) -> None:
    app = turn_to("marketing", **({"channel": channel} if channel else {}))

    def figures(start: date, end: date) -> list[Any]:
        spend = cents(
            row["spend"]
            for row in facts.rows("fct_ad_spend")
            if start <= row["spend_date"] <= end and channel in (None, row["channel"])
        )
        revenue = Choice(facts, start, end, {"channel": channel} if channel else {}).net
        new = sum(
            start <= order["order_date"] <= end and channel in (None, order["channel"])
            for order in facts.first_sales.values()
        )
        return [spend, revenue, revenue / spend, new, spend / new]

    now, before = figures(START, END), figures(day("2024-11-01"), day("2025-10-31"))
    grown = [growth(one, other) for one, other in zip(now, before, strict=True)]
    assert cards(app) == {
        "Advertising spend": (dollars(now[0]), grown[0]),
        "Attributed revenue": (dollars(now[1]), grown[1]),
        "Return on ad spend": (f"{now[2]:,.2f}", grown[2]),
        "New customers": (str(now[3]), grown[3]),
        "Acquisition cost": (f"${now[4] / 100:,.2f}", grown[4]),
    }
    channels, funnel, sales = (table.value for table in app.dataframe)
    assert cents(channels["Spend (USD)"]) == now[0]
    assert cents(sales["Revenue (USD)"]) == now[1]
    steps: dict[str, int] = defaultdict(int)
    for row in facts.rows("fct_events"):
        if START <= row["event_date"] <= END and channel in (None, row["channel"]):
            steps[row["event_type"]] += row["event_count"]
    assert list(funnel["Times"]) == [steps[step] for step in ("session", "view", "cart", "checkout", "purchase")]
    assert list(funnel["Of sessions"]) == [count / steps["session"] for count in funnel["Times"]]


def test_operations(facts: Facts, turn_to: TurnTo) -> None:
    app = turn_to("operations", period="90 days")
    now = Choice(facts, day("2026-08-03"), END, {})
    before = now.before()
    shown = cards(app)
    assert shown["Return rate"] == (per_cent(now.return_rate), growth(now.return_rate, before.return_rate))
    returned = f"{now.returned_units.normalize():f}"
    assert shown["Returned units"] == (returned, growth(now.returned_units, before.returned_units))
    assert shown["Refunds"] == (dollars(now.refunds), growth(now.refunds, before.refunds))
    assert shown["Tests passed"][0] == "121"
    assert shown["Data through"][0] == "31 Oct 2026"
    attempts = facts.rows("fct_payments")
    succeeded = sum(row["payment_status"] == "succeeded" for row in attempts)
    assert f"{per_cent(succeeded / len(attempts))} of {len(attempts):,} attempts succeeded" in captions(app)
    returns, _, payments, _, deliveries, books = (table.value for table in app.dataframe)
    assert len(returns) == 90
    assert cents(returns["Refunds (USD)"]) == now.refunds
    assert sum(payments["Attempts"]) == len(attempts)
    assert list(deliveries["Balances"]) == [True] * len(deliveries)
    assert dict(zip(books["Measure"], books["Published"], strict=True))["net"] * 100 == cents(
        row["net"] for row in facts.items
    )
    assert "The books balance" in app.success[0].value
    assert "bundled catalogue" in app.warning[0].value


def test_operations_compares_with_the_totals_of_others(facts: Facts, turn_to: TurnTo, other_shop: Shop) -> None:
    other_shop.publish(2, with_totals_of_others=True)
    *_, from_source, known = (table.value for table in turn_to("operations", other_shop).dataframe)
    assert from_source.values.tolist() == [["orders", 1200, 1190, 7, 3, Decimal("9000.50"), Decimal("1.50")]]
    september = sum(day("2026-09-01") <= row["order_date"] <= day("2026-09-30") for row in facts.orders)
    assert known[["Reported", "Here", "Difference", "Result"]].values.tolist() == [
        [1, september, september - 1, "different"],
        [1, None, None, "not compared, as not all its days are over"],
    ]


def test_forecast(facts: Facts, turn_to: TurnTo) -> None:
    app = turn_to("forecast")
    (first, *_, last) = facts.ask("from marts.mart_revenue_forecast order by week_start_date")
    assert cards(app) == {
        "Error a week ahead": (per_cent(first["backtest_error"]), ""),
        "Error twelve weeks ahead": (per_cent(last["backtest_error"]), ""),
        "In the 80 % band": (per_cent(first["coverage_80"]), ""),
        "In the 95 % band": (per_cent(first["coverage_95"]), ""),
    }
    assert "no filter applies" in captions(app)


def test_the_past_of_the_forecast_is_the_net_of_whole_weeks(facts: Facts, shop: Shop) -> None:
    from serve.dashboard.page_data import open_published  # noqa: PLC0415
    from serve.dashboard.views.forecast import PAST  # noqa: PLC0415

    begin = day("2026-10-26")
    weeks: dict[date, Decimal] = defaultdict(Decimal)
    for row in facts.items:
        weeks[row["order_date"] - timedelta(days=row["order_date"].weekday())] += row["net"]
    with open_published(shop.paths.published_file) as published:
        past = published.rows(PAST, [begin, begin])
    assert len(past) == 52
    assert {row["week_start_date"]: row["net"] for row in past} == {
        begin - timedelta(weeks=count): weeks[begin - timedelta(weeks=count)] for count in range(1, 53)
    }


@pytest.mark.parametrize("days_after_monday", range(7))
def test_the_past_of_the_forecast_has_its_weeks_whatever_day_the_clients_begin(days_after_monday: int) -> None:
    from serve.dashboard.views.forecast import PAST  # noqa: PLC0415

    begin, first = day("2026-10-26"), day("2025-10-22")  # a Monday, and a day in the middle of a week
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create schema core; create schema marts;
            create table marts.mart_daily_sales as
            select unnest(range(date '{first}', date '2026-11-01', interval 1 day))::date as calendar_date,
                (calendar_date - date '{first}')::decimal(18, 2) as net;
            create table core.dim_date as
            select calendar_date, calendar_date - ((isodow(calendar_date) + 6 - {days_after_monday}) % 7)::int
                as week_start_date
            from marts.mart_daily_sales
            """
        )
        past = connection.execute(PAST, [begin, begin]).fetchall()
    mondays = [day("2025-10-27") + timedelta(weeks=count) for count in range(52)]
    assert past == [(monday, sum(Decimal((monday - first).days + after) for after in range(7))) for monday in mondays]


def test_the_customers_behind_a_field(facts: Facts, shop: Shop) -> None:
    from serve.dashboard.page_data import open_published  # noqa: PLC0415
    from serve.dashboard.views.retention import BEHIND  # noqa: PLC0415

    cohort, month = day("2025-02-01"), day("2025-04-01")
    expected = facts.cohorts[cohort] & facts.active[month]
    with open_published(shop.paths.published_file) as published:
        rows = published.rows(BEHIND, [cohort, month, month])
    assert {row["customer_id"] for row in rows} == expected
    assert expected
    assert cents(row["net"] for row in rows) == cents(
        row["net"] for row in facts.orders if row["customer_id"] in expected and month_of(row["order_date"]) == month
    )
