"""The margins of the page Profit and what a customer is worth, worked out again from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.serve.dashboard.conftest import Shop, cards, day
from tests.serve.dashboard.oracle import Facts, cents, dollars, growth, month_after, month_of

TurnTo = Callable[..., AppTest]
pytestmark = pytest.mark.xdist_group("dashboard")
START, END = day("2025-11-01"), day("2026-10-31")
OCTOBER = day("2026-10-01")


@pytest.mark.parametrize("channel", [None, "email"])
def test_profit(facts: Facts, turn_to: TurnTo, channel: str | None) -> None:
    app = turn_to("profit", **({"channel": channel} if channel else {}))
    orders = {row["order_id"]: row for row in facts.rows("fct_orders")}

    def left(start: date, end: date) -> list[int]:
        """Net sales and the three margins; the demo says neither what shipping cost nor of disputes."""
        sold = [row for row in facts.items if start <= row["order_date"] <= end and channel in (None, row["channel"])]
        back = [row for row in facts.returns if start <= row["returned_date"] <= end]
        back = [row for row in back if channel in (None, orders[row["order_id"]]["channel"])]
        spent = [row for row in facts.rows("fct_ad_spend") if start <= row["spend_date"] <= end]
        spent = [row for row in spent if channel in (None, row["channel"])]
        charged = [row for row in facts.orders if start <= row["order_date"] <= end]
        charged = [row for row in charged if channel in (None, row["channel"])]
        net_sales = cents(row["net"] for row in sold) - cents(row["refund"] for row in back)
        cm1 = net_sales - cents(row["cost_amount"] for row in sold)
        cm2 = cm1 + cents(row["shipping"] for row in charged)
        return [net_sales, cm1, cm2, cm2 - cents(row["spend"] for row in spent)]

    labels = ("Net sales", "Margin 1", "Margin 2", "Margin 3")
    now, before = left(START, END), left(day("2024-11-01"), day("2025-10-31"))
    assert cards(app) == {
        label: (dollars(of), growth(of, then)) for label, of, then in zip(labels, now, before, strict=True)
    }
    steps, channels, cohorts, products = (table.value for table in app.dataframe)
    amounts = dict(zip(steps["Step"], steps["Amount (USD)"], strict=True))
    assert [cents([amounts[label]]) for label in labels] == now
    assert cents(amount for step, amount in amounts.items() if step not in labels) == now[3]
    for table, name in ((channels, "Channel"), (cohorts, "First purchase")):
        assert list(table[name]) == sorted(table[name])
    assert cents(channels["Margin 3 (USD)"]) == now[3]
    assert cents(cohorts["Advertising (USD)"].dropna()) == now[2] - now[3]
    if channel is None:
        assert cents(products["Margin 2 (USD)"]) == now[2]
    assert list(products["Margin 2 (USD)"]) == sorted(products["Margin 2 (USD)"], reverse=True)
    said = " ".join(element.value for element in app.info).replace("\\", "")
    assert "is assumed from the margins of the client file" in said
    assert (
        "Not in the margins, as nobody says it of these days: what shipping cost, payment fees, lost disputes." in said
    )


def test_a_profit_without_costs_is_unknown(other_shop: Shop, turn_to: TurnTo) -> None:
    unknown = "uncosted_item_count = 2, cm1 = null, cm2 = null, cm3 = null"
    other_shop.publish(2, f"update marts.mart_daily_profit set {unknown} where calendar_date = date '2026-10-30'")
    app = turn_to("profit", other_shop)
    values = [value for value, _ in cards(app).values()]
    assert values[0] != "–"
    assert values[1:] == ["–"] * 3
    assert list(app.dataframe[0].value["Step"])[-1] == "Net sales"
    said = " ".join(element.value for element in app.info).replace("\\", "")
    assert "items sold or back in stock have no cost. Deliver unit_cost" in said


def test_a_balance_without_disputes_says_that_there_were_none(other_shop: Shop, turn_to: TurnTo) -> None:
    other_shop.publish(
        3,
        "insert into core.fct_balance_transactions by name select 'a' as balance_transaction_id, date '2026-10-01' as "
        "occurred_date, timestamp '2026-10-01 12:00:00' as occurred_at, 'charge' as transaction_kind, 1 as amount",
    )
    said = " ".join(element.value for element in turn_to("profit", other_shop).info).replace("\\", "")
    assert "what shipping cost, payment fees. To have it" in said
    assert "lost disputes" not in said


def left_by_month(facts: Facts) -> dict[tuple[date, date], tuple[int, int]]:
    """By cohort and month net sales and margin 2 of its customers; the demo says no fees and no cost of shipping."""
    cohort_of = {customer: month_of(row["order_date"]) for customer, row in facts.first_sales.items()}
    net_sales: dict[tuple[date, date], int] = defaultdict(int)
    margin: dict[tuple[date, date], int] = defaultdict(int)
    for rows, day_name, brings, takes in (
        (facts.items, "order_date", "net", "cost_amount"),
        (facts.orders, "order_date", "shipping", None),
        (facts.returns, "returned_date", None, "refund"),
    ):
        for row in rows:
            if cohort := cohort_of.get(row["customer_id"]):
                key = cohort, month_of(row[day_name])
                brought, taken = (cents([row[name]]) if name else 0 for name in (brings, takes))
                margin[key] += brought - taken
                net_sales[key] += (brought if brings == "net" else 0) - (taken if takes == "refund" else 0)
    return {key: (net_sales[key], margin[key]) for key in {*net_sales, *margin}}


def test_lifetime_value(facts: Facts, turn_to: TurnTo) -> None:
    table = turn_to("retention", period="all").dataframe[1].value.set_index("First sale")
    left = left_by_month(facts)
    spend: dict[date, int] = defaultdict(int)
    for row in facts.rows("fct_ad_spend"):
        spend[month_of(row["spend_date"])] += cents([row["spend"]])
    assert set(table.index) == set(facts.cohorts)
    for cohort, customers in facts.cohorts.items():
        months = [month_after(cohort, number) for number in range(24) if month_after(cohort, number) <= OCTOBER]
        sold, value = (
            [sum(left.get((cohort, month), (0, 0))[of] for month in months[: end + 1]) for end in range(len(months))]
            for of in (0, 1)
        )
        cost = spend[cohort]
        paid_back = [number for number, of in enumerate(value) if cost and of >= cost]
        whole = {
            "Net sales per customer (USD)": sold[-1],
            **{
                f"Value, month {number} (USD)": value[number] if number < len(value) else None
                for number in (0, 3, 6, 12)
            },
            "Lifetime value (USD)": value[-1],
            "Acquisition cost (USD)": cost or None,
        }
        shown = table.loc[cohort]
        assert (shown["Customers"], shown["Months since"]) == (len(customers), len(months) - 1)
        for name, of_all in whole.items():
            expected = None if of_all is None else pytest.approx(of_all / 100 / len(customers))
            assert (None if pd.isna(shown[name]) else float(shown[name])) == expected, (cohort, name)
        assert (None if pd.isna(shown["Paid back in month"]) else shown["Paid back in month"]) == (
            paid_back[0] if paid_back else None
        )
        if cost:
            assert float(shown["Value by cost"]) == pytest.approx(value[-1] / cost)
