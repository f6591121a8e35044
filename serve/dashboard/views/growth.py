"""Growth: the shop by month, its seasons, and what recurs."""

from __future__ import annotations

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Rows

MONTHS = """
select
    revenue.month_start_date, revenue.is_complete_month, revenue.order_count, revenue.active_customers, revenue.net,
    revenue.net_sales, revenue.avg_order_value,
    sum(revenue.net) over (order by revenue.month_start_date) as running_net, growth.net_growth_rate,
    season.yearly_net_growth_rate, season.net_volatility
from marts.mart_monthly_revenue as revenue
inner join marts.mart_revenue_mom as growth on revenue.month_start_date = growth.month_start_date
left join marts.mart_seasonal_sales as season
    on revenue.month_start_date = season.period_start_date and season.period_type = 'month'
where revenue.{months}
order by revenue.month_start_date
"""
SEASONS = """
select distinct
    month(period_start_date) as month_number, strftime(period_start_date, '%b') as month_name, seasonal_index
from marts.mart_seasonal_sales where period_type = 'month' and seasonal_index is not null order by 1
"""
CATEGORIES = """
select month_start_date, category, net, net_share, net_growth_rate, units_sold, is_complete_month
from marts.mart_category_sales_monthly where {months} and {chosen} order by month_start_date, category
"""
RECURRING = """
select
    month_start_date, opening_mrr, new_mrr, reactivated_mrr, expansion_mrr, contraction_mrr, churned_mrr, closing_mrr,
    closing_subscribers
from marts.mart_subscriptions where {months} order by month_start_date
"""
MOVEMENTS = {"new_mrr": 1, "reactivated_mrr": 1, "expansion_mrr": 1, "contraction_mrr": -1, "churned_mrr": -1}


def show(page: Page) -> None:
    """Months with their growth and running total, categories, seasons, recurring revenue."""
    months, parameters = page.filters.months()
    rows = page.published.rows(MONTHS.format(months=months), parameters)
    st.caption(page.months())
    page.says_what_does_not_apply("This page but for the chart by category")
    complete = [row for row in rows if row["is_complete_month"]]
    if complete:
        headline(page, complete)
    by_month(page, rows)
    categories(page)
    seasons(page)
    recurring(page)


def headline(page: Page, complete: Rows) -> None:
    """The last month that is complete."""
    last = complete[-1]
    name = wording.month(last["month_start_date"])
    page.cards(
        [
            Card(
                f"Revenue in {name}",
                page.money.card(last["net"]),
                last["net_growth_rate"],
                help="Against the month before.",
            ),
            Card("Against a year before", wording.share(last["yearly_net_growth_rate"])),
            Card("Orders", wording.count(last["order_count"])),
            Card(
                "Running total",
                page.money.card(last["running_net"]),
                help="Revenue of the months shown, up to this one.",
            ),
        ]
    )
    st.caption(f"{name} is the last complete month of the period.")


def by_month(page: Page, rows: Rows) -> None:
    """Revenue, growth and running total."""
    unit = page.money.currency
    left, right = st.columns(2)
    with left:
        page.chart(
            "Revenue by month",
            charts.bars_over_time(
                rows, "month_start_date", "net", title=f"Revenue ({unit})", grain="month", whole="is_complete_month"
            ),
            rows,
            says="Bars, one per month.",
        )
    grown = [row for row in rows if row["net_growth_rate"] is not None]
    with right:
        page.chart(
            "Growth over the month before",
            charts.signed_bars(grown, "month_start_date", "net_growth_rate", title="Growth of revenue (%)"),
            grown,
            says="Bars, blue for growth, vermilion for decline.",
        )
    if any(not row["is_complete_month"] for row in rows):
        st.caption("A month that is not complete is pale and has no growth: it would always seem to shrink.")
    page.chart(
        "Running total of the period",
        charts.lines(rows, "month_start_date", "running_net", title=f"Running total ({unit})"),
        rows,
        says="A line over the months.",
    )
    with st.expander("Table by month"):
        page.table(
            "growth-by-month",
            rows,
            [
                Column("month_start_date", "Month", "month"),
                Column("is_complete_month", "Complete", "flag"),
                Column("order_count", "Orders", "count"),
                Column("active_customers", "Active customers", "count"),
                Column("net", "Revenue", "money"),
                Column("net_sales", "Net sales", "money"),
                Column("avg_order_value", "Average order value", "money"),
                Column("net_growth_rate", "Growth", "share"),
                Column("yearly_net_growth_rate", "Growth over a year", "share"),
                Column("net_volatility", "Volatility of days", "ratio"),
                Column("running_net", "Running total", "money"),
            ],
        )


def categories(page: Page) -> None:
    """Revenue by month and category."""
    months, parameters = page.filters.months()
    chosen, more = page.filters.where(None, "category")
    rows = page.published.rows(CATEGORIES.format(months=months, chosen=chosen), [*parameters, *more])
    page.chart(
        "Revenue by month and category",
        charts.stacked_bars(rows, "month_start_date", "net", "category", title=f"Revenue ({page.money.currency})"),
        rows,
        says="Stacked bars, one per month.",
        by="category",
    )
    with st.expander("Table by month and category"):
        page.table(
            "growth-by-category",
            rows,
            [
                Column("month_start_date", "Month", "month"),
                Column("category", "Category"),
                Column("units_sold", "Units sold", "count"),
                Column("net", "Revenue", "money"),
                Column("net_share", "Share of the month", "share"),
                Column("net_growth_rate", "Growth", "share"),
            ],
        )


def seasons(page: Page) -> None:
    """How much of a usual month each month of the year sells."""
    rows = page.published.rows(SEASONS)
    page.chart(
        "Seasons",
        charts.columns(
            rows, "month_name", "seasonal_index", x_title="Month of the year", title="Revenue per day, 1 = usual",
            number=".2f", baseline=1,
        ),
        rows,
        says="Bars, one per month of the year; the dashed line is a usual month.",
    )  # fmt: skip
    st.caption(
        "Revenue per day of the month in all years, as a multiple of that of all months: above the line sells more "
        "than usual. All complete months count, whatever the period."
    )


def recurring(page: Page) -> None:
    """Monthly recurring revenue and what moved it."""
    months, parameters = page.filters.months()
    rows = page.published.rows(RECURRING.format(months=months), parameters)
    if not rows:
        st.subheader("Recurring revenue")
        st.info("This client delivers no subscriptions, or none in the period.")
        return
    moved = [
        {"month_start_date": row["month_start_date"], "movement": name.removesuffix("_mrr"), "amount": row[name] * sign}
        for row in rows
        for name, sign in MOVEMENTS.items()
    ]
    title = f"MRR ({page.money.currency} a month)"
    left, right = st.columns(2)
    with left:
        page.chart(
            "Recurring revenue",
            charts.lines(rows, "month_start_date", "closing_mrr", title=title),
            rows,
            says="A line: monthly recurring revenue at the end of each month.",
        )
    with right:
        page.chart(
            "What moved recurring revenue",
            charts.stacked_bars(moved, "month_start_date", "amount", "movement", title=title),
            moved,
            says="Stacked bars: gains above the line, losses below it.",
        )
    with st.expander("Table of recurring revenue"):
        page.table(
            "growth-recurring",
            rows,
            [
                Column("month_start_date", "Month", "month"),
                Column("opening_mrr", "Opening", "money"),
                *(Column(name, name.removesuffix("_mrr").capitalize(), "money") for name in MOVEMENTS),
                Column("closing_mrr", "Closing", "money"),
                Column("closing_subscribers", "Subscribers", "count"),
            ],
        )
