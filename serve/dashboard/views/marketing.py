"""Marketing: what advertising costs and brings, and how visitors become buyers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.filters import Filters
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Row, Rows

SUMS = """
    coalesce(sum(spend), 0) as spend, sum(attributed_revenue) as attributed_revenue,
    cast(sum(new_customer_count) as bigint) as new_customer_count,
    cast(sum(order_count) as bigint) as order_count, cast(sum(clicks) as bigint) as clicks
"""
ROAS = "select {group} {sums} from marts.mart_marketing_roas where {months} and {chosen} {end}"
STEPS = ("sessions", "product_views", "carts", "checkouts", "purchases")
FUNNEL = f"""
select {", ".join(f"cast(sum({step}) as bigint) as {step}" for step in STEPS)}
from marts.mart_funnel where {{chosen}}
"""
SALES = """
select cast(date_trunc('{grain}', calendar_date) as date) as period_start, channel, sum(net) as net,
    cast(sum(order_count) as bigint) as order_count, cast(sum(units_sold) as decimal(18, 3)) as units_sold
from marts.mart_channel_sales where {chosen} group by all order by period_start, channel
"""


def show(page: Page) -> None:
    """Spend and what it brought, the funnel, sales by channel."""
    page.says_what_does_not_apply("This page", "channel")
    now = advertising(page, page.filters)
    if any(row["spend"] for row in now):
        before = earlier(page.filters)
        page.cards(headline(page, total(now), total(advertising(page, before)) if before else None))
        st.caption(
            f"Advertising: {page.months()} "
            + ("Changes are against as many months before." if before else "There are not as many months before.")
            + " Both ratios divide sums: revenue and new customers of all chosen channels, also of those without spend."
        )
        returns(page, now)
    else:
        st.info("This client delivers no advertising, or none in the chosen months and channels.")
    funnel(page)
    sales(page)


def earlier(filters: Filters) -> Filters | None:
    """As many whole months right before the chosen ones; None where the data does not reach back."""
    first, last = filters.start.replace(day=1), filters.end.replace(day=1)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    months = first.year * 12 + first.month - 1 - count
    start = first.replace(year=months // 12, month=months % 12 + 1)
    if start < filters.first.replace(day=1):
        return None
    return Filters(filters.first, filters.last, start, first - timedelta(days=1), channel=filters.channel)


def advertising(page: Page, filters: Filters) -> Rows:
    """Sums by month and channel."""
    months, parameters = filters.months()
    chosen, more = filters.where(None, "channel")
    group, end = "month_start_date, channel,", "group by 1, 2 order by 1, 2"
    query = ROAS.format(group=group, sums=SUMS, months=months, chosen=chosen, end=end)
    return page.published.rows(query, [*parameters, *more])


def total(rows: Rows) -> Row:
    """The sums of rows, and the ratios of the sums; of what advertising brought none where a channel's is not known."""
    sums: Row = {"spend": sum((row["spend"] for row in rows), Decimal(0))}
    for name in ("attributed_revenue", "new_customer_count"):
        is_known = all(row[name] is not None for row in rows)
        sums[name] = sum((row[name] for row in rows), Decimal(0)) if is_known else None
    spend, revenue, customers = sums["spend"], sums["attributed_revenue"], sums["new_customer_count"]
    return sums | {
        "roas": revenue / spend if spend and revenue is not None else None,
        "cac": spend / customers if spend and customers else None,
    }


def headline(page: Page, now: Row, before: Row | None) -> list[Card]:
    """Spend, what it brought, ROAS and CAC."""
    money = page.money

    def grown(name: str) -> float | None:
        return wording.growth(now[name], before[name]) if before else None

    return [
        Card("Advertising spend", money.card(now["spend"]), grown("spend"), is_good=None),
        Card("Attributed revenue", money.card(now["attributed_revenue"]), grown("attributed_revenue"),
             help="Revenue of the channels' sales."),
        Card("Return on ad spend", wording.ratio(now["roas"]), grown("roas"), help="Attributed revenue by spend."),
        Card("New customers", wording.count(now["new_customer_count"]), grown("new_customer_count"),
             help="First sale by the channel."),
        Card("Acquisition cost", money.text(now["cac"]), grown("cac"), is_good=False, help="Spend by new customers."),
    ]  # fmt: skip


def returns(page: Page, rows: Rows) -> None:
    """Spend by month and channel, ROAS and CAC by channel."""
    unit = page.money.currency
    by_channel = [
        {"name": channel} | total([row for row in rows if row["channel"] == channel])
        for channel in sorted({row["channel"] for row in rows})
    ]
    by_channel.sort(key=lambda row: (-(row["attributed_revenue"] or 0), row["name"]))
    by_roas = sorted((row for row in by_channel if row["roas"] is not None), key=lambda row: -row["roas"])
    by_cac = sorted((row for row in by_channel if row["cac"] is not None), key=lambda row: row["cac"])
    paid = [row for row in rows if row["channel"] in {one["name"] for one in by_roas}]
    page.chart(
        "Advertising spend by month and channel",
        charts.stacked_bars(paid, "month_start_date", "spend", "channel", title=f"Spend ({unit})"),
        paid,
        says="Stacked bars, one per month.",
    )
    left, right = st.columns(2)
    with left:
        page.chart(
            "Return on ad spend by channel",
            charts.ranked_bars(by_roas, "name", "roas", title=f"Revenue ({unit}) per {unit} spent", number=".2f"),
            by_roas,
            says="Bars, the highest first.",
        )
    with right:
        page.chart(
            "Acquisition cost by channel",
            charts.ranked_bars(by_cac, "name", "cac", title=f"Spend per new customer ({unit})", number=".2f"),
            by_cac,
            says="Bars, the lowest first.",
        )
    with st.expander("Table of advertising by channel"):
        page.table(
            "marketing-channels",
            by_channel,
            [
                Column("name", "Channel"),
                Column("spend", "Spend", "money"),
                Column("attributed_revenue", "Attributed revenue", "money"),
                Column("roas", "Return on ad spend", "ratio"),
                Column("new_customer_count", "New customers", "count"),
                Column("cac", "Acquisition cost", "money"),
            ],
        )


def funnel(page: Page) -> None:
    """From a visit to a purchase."""
    chosen, parameters = page.filters.where("event_date", "channel")
    sums = page.published.row(FUNNEL.format(chosen=chosen), parameters)
    rows: Rows = []
    if sums["sessions"]:
        for step, before in zip(STEPS, (None, *STEPS), strict=False):
            if sums[step] is None:
                continue
            of_before = sums[step] / sums[before] if before and sums[before] else None
            of_all = sums[step] / sums["sessions"]
            rows.append({"name": step, "count": sums[step], "of_before": of_before, "of_sessions": of_all})
    page.chart(
        "From visit to purchase",
        charts.ranked_bars(rows, "name", "count", title="Times"),
        rows,
        says="Bars, one per step of the visitors.",
    )
    if not rows:
        return
    if sums["purchases"] is None:
        st.caption("The visitors' events do not report purchases: how many sessions end in one is unknown.")
    else:
        st.caption(
            f"{page.filters.text()}: {wording.share(sums['purchases'] / sums['sessions'], 2)} of the sessions end in a "
            "purchase, as the visitors' events report it."
        )
    with st.expander("Table of steps"):
        page.table(
            "marketing-funnel",
            [row | {"name": wording.words(row["name"])} for row in rows],
            [
                Column("name", "Step"),
                Column("count", "Times", "count"),
                Column("of_before", "Of the step before", "share"),
                Column("of_sessions", "Of sessions", "share"),
            ],
        )


def sales(page: Page) -> None:
    """Revenue by channel over time."""
    grain = page.filters.grain
    chosen, parameters = page.filters.where("calendar_date", "channel")
    rows = page.published.rows(SALES.format(grain=grain, chosen=chosen), parameters)
    page.chart(
        f"Revenue by {grain} and channel",
        charts.stacked_bars(
            rows, "period_start", "net", "channel", title=f"Revenue ({page.money.currency})", grain=grain
        ),
        rows,
        says=f"Stacked bars, one per {grain}.",
        by="channel",
    )
    st.caption(f"{page.filters.text()}; the first and the last {grain} may be cut by the period.")
    with st.expander("Table of sales by channel"):
        page.table(
            "marketing-sales",
            rows,
            [
                Column("period_start", grain.capitalize(), "month" if grain == "month" else "day"),
                Column("channel", "Channel"),
                Column("order_count", "Orders", "count"),
                Column("units_sold", "Units sold", "count"),
                Column("net", "Revenue", "money"),
            ],
        )
