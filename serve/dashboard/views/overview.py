"""Overview: the shop on one page."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import streamlit as st

from serve import wording
from serve.dashboard import charts, figures
from serve.dashboard.downloads import Column
from serve.dashboard.figures import Totals
from serve.dashboard.filters import Split
from serve.dashboard.page import Card, Page

SPLITS: tuple[Split, ...] = ("category", "country", "channel")


def show(page: Page) -> None:
    """Figures with their change, revenue and orders over time, and where the revenue comes from."""
    filters = page.filters
    before = filters.previous()
    earlier = figures.totals(page.published, before) if before else None
    page.cards(cards(page, figures.totals(page.published, filters), earlier))
    st.caption(
        f"{filters.text()}; changes are against {before.text()}."
        if before
        else f"{filters.text()}; no changes, because the data does not reach back over as many days before."
    )
    if filters.splits:
        st.caption(
            "With a country, category or channel chosen, refunds, returns and new customers are left out: they are "
            "counted by day only. With a category, orders are those that contain it."
        )
    over_time(page)
    for place, split in zip(st.columns(3), SPLITS, strict=True):
        with place:
            breakdown(page, split)


def cards(page: Page, now: Totals, before: Totals | None) -> list[Card]:
    """The eight figures of the page."""
    money, then = page.money, before or replace(now, order_count=0, net=now.net * 0, units_sold=Decimal(0))
    is_known = before is not None

    def grown(name: str) -> float | None:
        return wording.growth(getattr(now, name), getattr(then, name)) if is_known else None

    shown = [
        Card("Revenue", money.card(now.net), grown("net"), help="Gross less discounts (net), before refunds."),
        Card("Orders", wording.count(now.order_count), grown("order_count"), help="Neither cancelled nor unpaid."),
        Card(
            "Average order value", money.text(now.avg_order_value), grown("avg_order_value"),
            help="Revenue by orders.",
        ),
        Card("Units sold", wording.count(now.units_sold), grown("units_sold"), help="Without postage and the like."),
        Card(
            "Estimated profit", money.card(now.estimated_profit), grown("estimated_profit"),
            help="Revenue less cost; refunds are not in it."
            if now.estimated_profit is not None
            else "Unknown, as the cost of some items sold is: deliver unit_cost, or say margin_rates or "
            "default_margin_rate under analysis in the client file.",
        ),
    ]  # fmt: skip
    if page.filters.splits:
        return shown
    return [
        *shown,
        Card("Net sales", money.card(now.net_sales), grown("net_sales"), help="Revenue less refunds."),
        Card(
            "New customers", wording.count(now.new_customers), grown("new_customers"),
            help="First sale in the period.",
        ),
        Card("Return rate", wording.share(now.return_rate), grown("return_rate"), is_good=False,
             help="Returned units by units sold."),
    ]  # fmt: skip


def over_time(page: Page) -> None:
    """Revenue and orders over time, and the table of both."""
    grain = page.filters.grain
    rows = figures.over_time(page.published, page.filters)
    for place, (name, heading, title) in zip(
        st.columns(2),
        (("net", "Revenue", f"Revenue ({page.money.currency})"), ("order_count", "Orders", "Orders")),
        strict=True,
    ):
        with place:
            page.chart(
                f"{heading} by {grain}",
                charts.bars_over_time(rows, "period_start", name, title=title, grain=grain, whole="is_whole"),
                rows,
                says=f"Bars, one per {grain}; the table below has the values.",
            )
    if not all(row["is_whole"] for row in rows):
        st.caption(f"Pale bars are part of a {grain}: the chosen days or the data begin or end within it.")
    with st.expander(f"Table by {grain}"):
        page.table(
            f"overview-by-{grain}",
            rows,
            [
                Column("period_start", grain.capitalize(), "month" if grain == "month" else "day"),
                Column("order_count", "Orders", "count"),
                Column("net", "Revenue", "money"),
                Column("units_sold", "Units sold", "count"),
                Column("estimated_profit", "Estimated profit", "money"),
                Column("is_whole", f"Whole {grain}", "flag"),
            ],
        )


def breakdown(page: Page, split: Split) -> None:
    """Revenue by country, category or channel."""
    rows = figures.by_split(page.published, page.filters, split)
    page.chart(
        f"Revenue by {split}",
        charts.ranked_bars(charts.top(rows, "name", "net"), "name", "net", title=f"Revenue ({page.money.currency})"),
        rows,
        says=f"Bars, one per {split}, the highest first.",
        by=split,
    )
    with st.expander(f"Table by {split}"):
        page.table(
            f"overview-by-{split}", rows, [Column("name", split.capitalize()), Column("net", "Revenue", "money")]
        )
