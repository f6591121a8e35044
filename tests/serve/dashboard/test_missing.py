"""Pages over a shop that delivers little, and over a month that is not over: in words, and without an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.serve.dashboard.conftest import Shop

TurnTo = Callable[..., AppTest]
pytestmark = pytest.mark.xdist_group("dashboard")

# What a shop without payments, advertising, visitors, stock, subscriptions and a year of history has no rows of.
WITHOUT = (
    *("mart_payment_methods", "mart_product_revenue_by_payment", "mart_marketing_roas", "mart_funnel"),
    *("mart_inventory_status", "mart_subscriptions", "mart_revenue_forecast", "mart_orders_for_review"),
)
SAID = {
    "growth": "This client delivers no subscriptions",
    "products": "This client delivers no inventory",
    "marketing": "This client delivers no advertising",
    "operations": "This client delivers no payments",
    "forecast": "There is no forecast yet",
}
NOTHING_BOUGHT = ("mart_segment_transitions", "mart_cohort_retention", "mart_monthly_churn", "mart_product_pareto")


def words(app: AppTest) -> str:
    assert not app.exception
    return " ".join(element.value for element in (*app.info, *app.success, *app.caption)).replace("\\", "")


@pytest.fixture(scope="module")
def small_shop(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    copied = Shop(shop.platform.copy_to(tmp_path_factory.mktemp("small") / "data"))
    copied.publish(
        4,
        *(f"delete from marts.{table}" for table in WITHOUT),
        "update marts.mart_monthly_revenue set is_complete_month = false where month_start_date = '2026-10-01'",
        "update marts.mart_revenue_mom set net_growth_rate = null where month_start_date = '2026-10-01'",
        "update marts.mart_monthly_churn set is_complete_month = false where month_start_date = '2026-10-01'",
    )
    return copied


@pytest.mark.parametrize("name", ["overview", "customers", "retention", *SAID])
def test_what_is_not_delivered_is_told(small_shop: Shop, turn_to: TurnTo, name: str) -> None:
    assert SAID.get(name, "") in words(turn_to(name, small_shop))


@pytest.mark.parametrize(
    ("name", "table", "column", "said"),
    [
        ("overview", "mart_sales_mix", "channel", "no order here says its channel. To have it, map channel of orders"),
        ("overview", "mart_sales_mix", "country", "no order here says its country. To have it, map country of orders"),
        ("overview", "mart_sales_mix", "category", "no product here says its category. To have it, map category of"),
        ("growth", "mart_category_sales_monthly", "category", "no product here says its category."),
        ("retention", "mart_monthly_active_customers", "country", "no order here says its country."),
        ("marketing", "mart_channel_sales", "channel", "no order here says its channel."),
        ("profit", "mart_daily_profit", "channel", "no order here says its channel."),
    ],
)
def test_where_all_is_unknown_the_page_says_what_to_map(
    other_shop: Shop, turn_to: TurnTo, name: str, table: str, column: str, said: str
) -> None:
    assert said not in words(turn_to(name, other_shop))
    other_shop.publish(6, f"update marts.{table} set {column} = 'unknown'")
    assert said in words(turn_to(name, other_shop))


def test_no_order_for_review_is_good_news(small_shop: Shop, turn_to: TurnTo) -> None:
    assert "No order of the period breaks a rule." in words(turn_to("operations", small_shop))


def test_a_month_that_is_not_over_is_told_and_not_the_headline(small_shop: Shop, turn_to: TurnTo) -> None:
    app = turn_to("growth", small_shop)
    assert "A month that is not complete is pale" in words(app)
    assert app.metric[0].label == "Revenue in Sep 2026"
    assert "Churn in Sep 2026" in [card.label for card in turn_to("retention", small_shop).metric]


def test_a_shop_in_which_nobody_has_bought(other_shop: Shop, turn_to: TurnTo) -> None:
    other_shop.publish(5, *(f"delete from marts.{table}" for table in NOTHING_BOUGHT))
    for name in ("customers", "retention", "products"):
        assert "Nothing to show" in words(turn_to(name, other_shop))
