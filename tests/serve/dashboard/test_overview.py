"""Every figure of the Overview, added up again in whole cents from the facts, without SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.serve.dashboard.conftest import Shop, cards, day
from tests.serve.dashboard.oracle import Choice, Facts, cents, dollars, growth

Draw = Callable[..., AppTest]
pytestmark = pytest.mark.xdist_group("dashboard")

FIRST, LAST = day("2024-11-01"), day("2026-10-31")
CHOICES: list[tuple[dict[str, Any], date, date]] = [
    ({}, day("2025-11-01"), LAST),
    ({"period": "28 days"}, day("2026-10-04"), LAST),
    ({"period": "90 days"}, day("2026-08-03"), LAST),
    ({"period": "all"}, FIRST, LAST),
    ({"period": "custom", "start": "2026-02-10", "end": "2026-05-20"}, day("2026-02-10"), day("2026-05-20")),
    ({"country": ["US", "DE"]}, day("2025-11-01"), LAST),
    ({"category": ["jewelry", "electronics"]}, day("2025-11-01"), LAST),
    ({"channel": "web", "category": "men's clothing", "period": "90 days"}, day("2026-08-03"), LAST),
]


@pytest.mark.parametrize(("choice", "start", "end"), CHOICES)
def test_the_cards_are_what_the_facts_add_up_to(
    facts: Facts, draw: Draw, choice: dict[str, Any], start: date, end: date
) -> None:
    span = (end - start).days + 1
    now = Choice(facts, start, end, choice)
    has_before = start - timedelta(days=span) >= FIRST
    then = Choice(facts, start - timedelta(days=span), start - timedelta(days=1), choice)

    def grown(figure: Callable[[Choice], float]) -> str:
        return growth(figure(now), figure(then)) if has_before else ""

    expected = {
        "Revenue": (dollars(now.net), grown(lambda one: one.net)),
        "Orders": (f"{now.orders:,}", grown(lambda one: one.orders)),
        "Average order value": (
            f"${Decimal(now.net) / 100 / now.orders:,.2f}",
            grown(lambda one: one.net / one.orders if one.orders else 0),
        ),
        "Units sold": (f"{now.units.normalize():,f}", grown(lambda one: one.units)),
        "Estimated profit": (dollars(now.profit), grown(lambda one: one.profit)),
    }
    if not {"country", "category", "channel"} & choice.keys():
        expected |= {
            "Net sales": (dollars(now.net - now.refunds), grown(lambda one: one.net - one.refunds)),
            "New customers": (f"{now.new_customers:,}", grown(lambda one: one.new_customers)),
            "Return rate": (f"{now.return_rate * 100:.1f} %", grown(lambda one: one.return_rate)),
        }
    assert now.orders > 0
    assert cards(draw(**choice)) == expected


@pytest.mark.parametrize(("choice", "start", "end"), CHOICES)
def test_the_tables_are_what_the_facts_add_up_to(
    facts: Facts, draw: Draw, choice: dict[str, Any], start: date, end: date
) -> None:
    oracle = Choice(facts, start, end, choice)
    over_time, *splits = (table.value for table in draw(**choice).dataframe)
    for name, table in zip(("category", "country", "channel"), splits, strict=True):
        found = dict(zip(table[name.capitalize()], (cents([net]) for net in table["Revenue (USD)"]), strict=True))
        assert found == oracle.by(name)
        assert list(table["Revenue (USD)"]) == sorted(table["Revenue (USD)"], reverse=True)

    grain = over_time.columns[0]
    expected: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in oracle.items:
        expected[begin(row["order_date"], grain)].append(row)
    for _, line in over_time.iterrows():
        items = expected.pop(line[grain], [])
        assert cents([line["Revenue (USD)"]]) == cents(row["net"] for row in items)
        assert line["Orders"] == len({row["order_id"] for row in items})
        assert line["Units sold"] == sum(row["quantity"] for row in items if row["is_product"])
        assert cents([line["Estimated profit (USD)"]]) == cents(row["estimated_profit"] for row in items)
        whole = {"Day": 1, "Week": 7}.get(grain) or (
            (line[grain] + timedelta(days=32)).replace(day=1) - line[grain]
        ).days
        assert line[f"Whole {grain.lower()}"] == (
            start <= line[grain] and line[grain] + timedelta(days=whole - 1) <= end
        )
    assert not expected


def begin(moment: date, grain: str) -> date:
    return {
        "Day": moment,
        "Week": moment - timedelta(days=moment.weekday()),
        "Month": moment.replace(day=1),
    }[grain]


def test_a_choice_that_splits_days_says_what_it_leaves_out(draw: Draw) -> None:
    said = " ".join(caption.value for caption in draw(country="US").caption)
    assert "refunds, returns and new customers are left out" in said
    assert "left out" not in " ".join(caption.value for caption in draw().caption)


def test_a_choice_without_sales_says_so(draw: Draw) -> None:
    app = draw(period="custom", start="2024-11-01", end="2024-11-01", country="US", category="jewelry")
    assert cards(app)["Revenue"] == ("$0.00", "")
    assert cards(app)["Average order value"] == ("–", "")
    assert "Nothing to show" in " ".join(info.value for info in app.info)


def test_a_choice_that_is_none_is_ignored(draw: Draw) -> None:
    assert cards(draw(country="Atlantis", period="yesterday")) == cards(draw())


def test_a_country_that_no_known_customer_lives_in_can_be_chosen(draw: Draw, other_shop: Shop) -> None:
    a_sale = "(from marts.mart_sales_mix where order_date = '2026-10-31' limit 1)"
    other_shop.publish(
        2, f"insert into marts.mart_sales_mix select * replace ('HK' as country, 1 as order_count) from {a_sale}"
    )
    assert cards(draw(other_shop.platform.environment.data_dir, country="HK"))["Orders"][0] == "1"


def test_a_profit_that_nobody_knows_is_no_figure(draw: Draw, other_shop: Shop) -> None:
    nobody = "estimated_profit = null where order_count > 0"
    other_shop.publish(2, f"update marts.mart_commerce_summary set {nobody}; update marts.mart_sales_mix set {nobody}")
    folder = other_shop.platform.environment.data_dir
    for choice in ({}, {"category": "electronics"}):
        app = draw(folder, **choice)
        assert cards(app)["Estimated profit"] == ("–", "")
        assert cards(app)["Revenue"] != ("–", "")
        (card,) = [metric for metric in app.metric if metric.label == "Estimated profit"]
        assert "default_margin_rate" in card.help
