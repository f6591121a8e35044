"""The sentences follow from the figures, and every rule has a month that keeps it and one that does not."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from serve.published import Version
from serve.report.commentary import comment
from serve.report.figures import Line, Month, MonthFigures

SEPTEMBER = Month(
    month=date(2026, 9, 1),
    is_complete=True,
    has_first_day=True,
    net=Decimal("4000.00"),
    discount=Decimal("12.50"),
    refunds=Decimal("0.00"),
    net_sales=Decimal("4000.00"),
    order_count=40,
    avg_order_value=Decimal("100.00"),
    active_customers=21,
    new_customers=21,
    retained_customers=0,
    reactivated_customers=0,
    churned_customers=0,
    previous_active_customers=0,
    churn_rate=None,
)
OCTOBER = replace(
    SEPTEMBER,
    month=date(2026, 10, 1),
    net=Decimal("5060.00"),
    order_count=44,
    avg_order_value=Decimal("115.00"),
    active_customers=24,
    new_customers=7,
    retained_customers=15,
    reactivated_customers=2,
    churned_customers=6,
    previous_active_customers=21,
    churn_rate=6 / 21,
)
SHOES = Line("shoes", 20, Decimal("3000.00"), 0.593, Decimal("4000.00"))
VERSION = Version(1, "shop", "Shop", "EUR", "UTC", "run", date(2026, 10, 31), datetime(2026, 11, 1, tzinfo=UTC))
BAGS = Line("bags", 9, Decimal("2060.00"), 0.407, Decimal("0.00"))


def sentences(*history: Month, categories: tuple[Line, ...] = (SHOES, BAGS)) -> list[str]:
    return comment(
        MonthFigures(
            published=VERSION,
            history=list(history),
            categories=list(categories),
            products=[],
            channels=[],
        )
    )


def after(**changes: Any) -> list[str]:
    return sentences(SEPTEMBER, replace(OCTOBER, **changes))


def test_a_month_in_full() -> None:
    assert after() == [
        "Revenue rose 26.5 % to €5,060.00, after €4,000.00 in September 2026.",
        "Most of it is the average order value (€115.00 after €100.00).",
        "24 customers bought: 7 for the first time, 15 also in the month before, and 2 came back after a pause.",
        "Of the 21 customers of the month before, 6 did not buy again (28.6 %).",
        "The largest category was shoes with 59.3 % of revenue; bags gained most, €2,060.00.",
        "Nothing was refunded.",
    ]


@pytest.mark.parametrize(
    ("net", "sentence"),
    [
        ("2000.00", "Revenue fell 50.0 % to €2,000.00, after €4,000.00 in September 2026."),
        ("4019.99", "Revenue stayed at €4,019.99, after €4,000.00 in September 2026."),
        ("4020.00", "Revenue rose 0.5 % to €4,020.00, after €4,000.00 in September 2026."),
        ("3980.01", "Revenue stayed at €3,980.01, after €4,000.00 in September 2026."),
        ("-10.00", "Revenue fell 100.2 % to -€10.00, after €4,000.00 in September 2026."),
    ],
)
def test_revenue_against_the_month_before(net: str, sentence: str) -> None:
    assert after(net=Decimal(net))[0] == sentence


def test_nothing_to_compare_with() -> None:
    assert sentences(SEPTEMBER)[0] == "Revenue was €4,000.00; there is no month before to compare it with."


def test_after_a_month_without_revenue_there_is_no_growth() -> None:
    found = sentences(replace(SEPTEMBER, net=Decimal("0.00")), OCTOBER)
    assert found[0] == "Revenue was €5,060.00, after €0.00 in September 2026."


def test_a_month_whose_first_days_are_before_the_data_is_compared_with_nothing() -> None:
    found = sentences(replace(SEPTEMBER, has_first_day=False), OCTOBER)
    assert found[0] == "Revenue was €5,060.00; the data begins within September 2026, so it is not compared with that."
    assert not any("Most of it" in sentence or "gained" in sentence for sentence in found)


def test_a_month_that_is_not_over_is_compared_with_nothing() -> None:
    found = after(is_complete=False)
    assert found[0] == (
        "Revenue is €5,060.00 so far: the data reaches through 2026-10-31, so October 2026 is not compared with the "
        "month before."
    )
    assert not any("Most of it" in sentence or "did not buy again" in sentence for sentence in found)
    assert "The largest category was shoes with 59.3 % of revenue." in found


@pytest.mark.parametrize(
    ("net", "orders", "value", "sentence"),
    [
        ("3840.00", 24, "160.00", "It was the number of orders (24 after 40) that moved it; the average order value "),
        (
            "5060.00",
            60,
            "84.33",
            "It was the number of orders (60 after 40) that moved it; the average order value (€84.33 after ",
        ),
        (
            "5060.00",
            31,
            "163.23",
            "It was the average order value (€163.23 after €100.00) that moved it; the number of orders ",
        ),
        ("5060.00", 50, "101.20", "Most of it is the number of orders (50 after 40)."),
        ("5060.00", 50, "100.00", "Most of it is the number of orders (50 after 40)."),
    ],
)
def test_what_moved_revenue(net: str, orders: int, value: str, sentence: str) -> None:
    assert after(net=Decimal(net), order_count=orders, avg_order_value=Decimal(value))[1].startswith(sentence)


def test_no_cause_is_named_where_nothing_moved_or_nothing_is_known() -> None:
    assert after(net=Decimal("4001.00"))[1].startswith("24 customers bought")
    assert after(order_count=0, avg_order_value=None, net=Decimal("0.00"))[1].startswith("24 customers bought")


def test_nobody_and_one_customer() -> None:
    assert "No known customer bought anything." in after(active_customers=0)
    assert any(sentence.startswith("1 customer bought:") for sentence in after(active_customers=1))
    assert any(sentence.startswith("Of the 1 customer of") for sentence in after(previous_active_customers=1))


def test_categories() -> None:
    lost = replace(SHOES, net=Decimal("1000.00"))
    assert "The largest category was bags with 40.7 % of revenue; shoes lost most, €3,000.00." in sentences(
        SEPTEMBER, OCTOBER, categories=(BAGS, lost)
    )
    assert not any("category" in sentence for sentence in sentences(SEPTEMBER, OCTOBER, categories=()))


def test_what_nobody_says_is_no_finding() -> None:
    unsaid = replace(BAGS, name="unknown")
    assert not any("category" in sentence for sentence in sentences(SEPTEMBER, OCTOBER, categories=(unsaid,)))
    found = sentences(SEPTEMBER, OCTOBER, categories=(unsaid, SHOES))
    assert any(sentence.startswith("The largest category was shoes") for sentence in found)
    assert not any("unknown" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("refunds", "sentence"),
    [
        ("506.00", "€506.00 were refunded, 10.0 % of the month's revenue."),
        (
            "506.01",
            "€506.01 were refunded, 10.0 % of the month's revenue: more than a tenth, so see which products came back.",
        ),
    ],
)
def test_refunds(refunds: str, sentence: str) -> None:
    assert after(refunds=Decimal(refunds))[-1] == sentence


def test_refunds_in_a_month_without_revenue() -> None:
    assert after(refunds=Decimal("5.00"), net=Decimal("0.00"))[-1] == "€5.00 were refunded."
