"""Customers: who they are worth and where they are going."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Rows

STATUSES = ("new", "active", "at_risk", "churned", "prospect", "returned_only")
NO_BUYERS = ("prospect", "returned_only")
TOP = 100
BY_STATUS = """
select customer_status as name, count(*) as customers, sum(lifetime_value) as lifetime_value
from core.dim_customers where customer_id <> 'unknown' and {chosen} group by 1
"""
BY_SEGMENT = """
select segments.{column} as name, count(*) as customers, sum(segments.lifetime_value) as lifetime_value,
    sum(segments.total_orders) as total_orders
from marts.mart_customer_segments as segments
inner join core.dim_customers as customers on segments.customer_id = customers.customer_id
where {chosen} group by 1
"""
AHEAD = """
select sum(segments.value_ahead) as value_ahead
from marts.mart_customer_segments as segments
inner join core.dim_customers as customers on segments.customer_id = customers.customer_id
where {chosen}
"""
# Buyers by what they are worth, the best first, in hundredths of them.
PARETO = """
with buyers as (
    select lifetime_value, customer_id from core.dim_customers
    where total_orders > 0 and customer_id <> 'unknown' and {chosen}
),

hundredths as (
    select
        lifetime_value,
        ceil(100 * row_number() over (order by lifetime_value desc, customer_id) / count(*) over ()) as percent
    from buyers
)

select
    cast(percent as integer) as percent, 'all buyers' as buyers, count(*) as customers,
    sum(sum(lifetime_value)) over (order by percent) as lifetime_value,
    sum(sum(lifetime_value)) over () as all_value
from hundredths group by percent order by percent
"""
# Those with the best scores first; whatever their names are, and whoever is in them no more, last.
SEGMENTS = """
select name from (
    select rfm_segment as name, recency_score + frequency_score + monetary_score as score
    from marts.mart_customer_segments
    union all select from_segment, null from marts.mart_segment_transitions
    union all select to_segment, null from marts.mart_segment_transitions
) group by 1 order by avg(score) desc nulls last, 1
"""
TRANSITION_MONTHS = """
select distinct month_start_date, is_complete_month from marts.mart_segment_transitions order by 1 desc
"""
TRANSITIONS = """
select from_segment, to_segment, customer_count from marts.mart_segment_transitions where month_start_date = ?
"""
BEST = f"""
select
    customers.customer_id, customers.country, customers.segment, customers.customer_status, segments.rfm_segment,
    segments.value_tier, segments.alive_probability, segments.orders_ahead, segments.value_ahead,
    customers.total_orders, customers.lifetime_value, customers.avg_order_value,
    customers.first_order_date, customers.last_order_date
from core.dim_customers as customers
inner join marts.mart_customer_segments as segments on customers.customer_id = segments.customer_id
where {{chosen}} and customers.total_orders > 0
order by customers.lifetime_value desc, customers.customer_id
limit {TOP}
"""


def show(page: Page) -> None:
    """Status, segments, how they move, and the best customers."""
    st.caption("As of the end of the data, over all the time before it: the period does not apply here.")
    page.says_what_does_not_apply("This page", "country")
    chosen, parameters = page.filters.where(None, "country", prefix="")
    by_status = page.published.rows(BY_STATUS.format(chosen=chosen), parameters)
    of_customers, same = page.filters.where(None, "country", prefix="customers.")
    ahead = page.published.row(AHEAD.format(chosen=of_customers), same)["value_ahead"]
    page.cards(headline(page, by_status, ahead))
    segments(page)
    concentration(page)
    transitions(page)
    best(page)


def headline(page: Page, by_status: Rows, ahead: Decimal | None) -> list[Card]:
    """How many there are of each kind."""
    found = {row["name"]: row["customers"] for row in by_status}
    buyers = sum(count for name, count in found.items() if name not in NO_BUYERS)
    worth = sum(row["lifetime_value"] for row in by_status)
    return [
        Card("Customers", wording.count(sum(found.values())), help="Without the unknown one."),
        Card("Buyers", wording.count(buyers), help="With at least one sale."),
        Card(
            "New or active",
            wording.count(found.get("new", 0) + found.get("active", 0)),
            help="A sale in the last 90 days.",
        ),
        Card("At risk", wording.count(found.get("at_risk", 0)), help="No sale for 91 to 180 days."),
        Card("Lifetime value", page.money.card(worth), help="Revenue of all sales less all refunds."),
        Card(
            "Value ahead",
            page.money.card(ahead),
            help="Revenue to be expected of these customers in the next 52 weeks, by BG/NBD and Gamma-Gamma."
            if ahead is not None
            else "Unknown: it takes at least 200 customers who came back, and whose purchases the models fit.",
        ),
    ]  # fmt: skip


def segments(page: Page) -> None:
    """Status, RFM segments and value tiers: how many customers, worth how much."""
    worth = f"Lifetime value ({page.money.currency})"
    chosen, parameters = page.filters.where(None, "country", prefix="customers.")
    by_segment = _in_order(
        page.published.rows(BY_SEGMENT.format(column="rfm_segment", chosen=chosen), parameters), _segments(page)
    )
    by_tier = _in_order(
        page.published.rows(BY_SEGMENT.format(column="value_tier", chosen=chosen), parameters),
        ("high", "medium", "low", "no_sales"),
    )
    plain, same = page.filters.where(None, "country")
    by_status = _in_order(page.published.rows(BY_STATUS.format(chosen=plain), same), STATUSES)
    left, right = st.columns(2)
    with left:
        _bars(page, "Customers by RFM segment", by_segment, "customers", "Customers")
        _bars(page, "Customers by status", by_status, "customers", "Customers")
    with right:
        _bars(page, "Lifetime value by RFM segment", by_segment, "lifetime_value", worth)
        _bars(page, "Lifetime value by value tier", by_tier, "lifetime_value", worth)
    st.caption(
        "A segment follows from how recently, how often and for how much a customer bought, by the shop's own rules or "
        "those of docs/explanation/models.md; prospects never bought; who only returned bought before the data, "
        "who lapsed before the months that segments compare."
    )
    with st.expander("Table of segments"):
        page.table(
            "customers-by-segment",
            [row | {"name": wording.words(row["name"])} for row in by_segment],
            [
                Column("name", "Segment"),
                Column("customers", "Customers", "count"),
                Column("total_orders", "Orders", "count"),
                Column("lifetime_value", "Lifetime value", "money"),
            ],
        )


def concentration(page: Page) -> None:
    """Which part of all lifetime value the best customers bring."""
    chosen, parameters = page.filters.where(None, "country")
    rows = [
        row | {"share": row["lifetime_value"] / row["all_value"]}
        for row in page.published.rows(PARETO.format(chosen=chosen), parameters)
        if row["all_value"] > 0
    ]
    page.chart(
        "How lifetime value spreads over buyers",
        charts.pareto(
            rows,
            rank="percent",
            cumulative="share",
            series="buyers",
            name="buyers",
            x_title="Buyers, the best first (% of all)",
            title="Share of lifetime value, added up",
        ),
        rows,
        says="A curve of the share of lifetime value by the best hundredths of the buyers.",
    )
    fifth = [row for row in rows if row["percent"] <= 20]
    if fifth:
        st.caption(f"The best fifth of the buyers bring {wording.share(fifth[-1]['share'], 0)} of all lifetime value.")


def transitions(page: Page) -> None:
    """From which segment to which the customers went in a month."""
    months = page.published.rows(TRANSITION_MONTHS)
    st.subheader("Where customers went")
    if not months:
        st.info("Nothing to show: nobody has bought yet.")
        return
    complete = {row["month_start_date"]: row["is_complete_month"] for row in months}
    chosen = st.selectbox("Month", list(complete), format_func=wording.month, key="month", bind="query-params")
    rows = page.published.rows(TRANSITIONS, [chosen])
    named = [row | {side: wording.words(row[side]) for side in ("from_segment", "to_segment")} for row in rows]
    order = [wording.words(name) for name in _segments(page)]
    chart = charts.matrix(
        named,
        charts.Side("from_segment", "From", order),
        charts.Side("to_segment", "To", order),
        "customer_count",
        title="Customers",
        number=",.0f",
    )
    stayed = sum(row["customer_count"] for row in rows if row["from_segment"] == row["to_segment"])
    said = f"{stayed:,} of {sum(row['customer_count'] for row in rows):,} customers stayed in their segment."
    st.altair_chart(chart, alt=f"Matrix of customers by segment at the end of the month before and of this one. {said}")
    st.caption(said + (" The month is not complete." if not complete.get(chosen, True) else "") + " All countries.")
    with st.expander("Table of transitions"):
        page.table(
            "customers-transitions",
            named,
            [
                Column("from_segment", "From"),
                Column("to_segment", "To"),
                Column("customer_count", "Customers", "count"),
            ],
        )


def best(page: Page) -> None:
    """The customers with the highest lifetime value."""
    chosen, parameters = page.filters.where(None, "country", prefix="customers.")
    st.subheader("Top customers")
    page.table(
        "customers-top",
        [
            row
            | {name: wording.words(row[name]) for name in ("customer_status", "rfm_segment", "segment", "value_tier")}
            for row in page.published.rows(BEST.format(chosen=chosen), parameters)
        ],
        [
            Column("customer_id", "Customer"),
            Column("country", "Country"),
            Column("segment", "Segment"),
            Column("customer_status", "Status"),
            Column("rfm_segment", "RFM segment"),
            Column("value_tier", "Value tier"),
            Column("total_orders", "Orders", "count"),
            Column("lifetime_value", "Lifetime value", "money"),
            Column("avg_order_value", "Average order value", "money"),
            Column("last_order_date", "Last order", "day"),
            Column("alive_probability", "Buys again", "share"),
            Column("orders_ahead", "Orders ahead", "ratio"),
            Column("value_ahead", "Value ahead", "money"),
        ],
        limit=TOP,
    )


def _segments(page: Page) -> tuple[str, ...]:
    return tuple(row["name"] for row in page.published.rows(SEGMENTS))


def _bars(page: Page, heading: str, rows: Rows, value: str, title: str) -> None:
    page.chart(heading, charts.ranked_bars(rows, "name", value, title=title), rows, says="Bars, one per group.")


def _in_order(rows: Rows, order: tuple[str, ...]) -> Rows:
    return sorted(rows, key=lambda row: order.index(row["name"]))
