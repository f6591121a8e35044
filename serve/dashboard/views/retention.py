"""Retention: who comes back, and who stays away."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Row, Rows

LIMIT = 1_000
COHORTS = """
select cohort_month, months_since_first, month_start_date, cohort_customers, active_customers, retention_rate
from marts.mart_cohort_retention
where {months} and is_complete_month and cohort_customers > 0
order by cohort_month, months_since_first
"""
BEHIND = f"""
select
    orders.customer_id, customers.country, count(*) as order_count, sum(orders.net) as net,
    customers.total_orders, customers.lifetime_value
from core.fct_orders as orders
inner join core.dim_customers as customers on orders.customer_id = customers.customer_id
where orders.is_sale and customers.cohort_month = ?
    and orders.order_date >= ? and orders.order_date < ?::date + interval 1 month
group by all order by net desc, orders.customer_id limit {LIMIT}
"""
# What the customers of a month left by the months since that are over, and what advertising took to win them.
WORTH = """
with months as (
    select distinct month_start_date from marts.mart_monthly_churn where is_complete_month
),

cohorts as (
    select cohort_month, count(*) as customers from core.dim_customers where cohort_month is not null group by 1
),

profit as (
    select
        cohort_month, cast(date_trunc('month', calendar_date) as date) as month_start_date, sum(net_sales) as net_sales,
        case when sum(uncosted_item_count) = 0 then sum(cm2) end as cm2, sum(spend) as spend
    from marts.mart_daily_profit where cohort_month is not null group by all
)

select
    cohorts.cohort_month, cohorts.customers, months.month_start_date,
    datediff('month', cohorts.cohort_month, months.month_start_date) as months_since_first,
    coalesce(profit.net_sales, 0) as net_sales,
    case when profit.cohort_month is null then 0 else profit.cm2 end as cm2, profit.spend
from cohorts
inner join months on months.month_start_date >= cohorts.cohort_month
left join profit
    on cohorts.cohort_month = profit.cohort_month and months.month_start_date = profit.month_start_date
where cohorts.{months}
order by cohorts.cohort_month, months.month_start_date
"""
CHURN = "from marts.mart_monthly_churn where {months} order by month_start_date"
ACTIVE = """
select month_start_date, country, active_customers, new_customers, retained_customers, reactivated_customers
from marts.mart_monthly_active_customers where {months} and {chosen} order by month_start_date, country
"""


def show(page: Page) -> None:
    """Cohorts, how they decay, churn, and active customers by country."""
    st.caption(page.months())
    page.says_what_does_not_apply("This page but for active customers by country")
    months, parameters = page.filters.months("cohort_month")
    cohorts = page.published.rows(COHORTS.format(months=months), parameters)
    months, parameters = page.filters.months()
    churn = page.published.rows(CHURN.format(months=months), parameters)
    page.cards(headline(cohorts, churn))
    heatmap(page, cohorts)
    decay(page, cohorts)
    worth(page)
    leaving(page, churn)
    active(page)


def kept(cohorts: Rows, months_since_first: int) -> float | None:
    """Active customers by customers of all cohorts that have come that far: a ratio of sums."""
    rows = [row for row in cohorts if row["months_since_first"] == months_since_first]
    everybody = sum(row["cohort_customers"] for row in rows)
    return sum(row["active_customers"] for row in rows) / everybody if everybody else None


def headline(cohorts: Rows, churn: Rows) -> list[Card]:
    """The last complete month, and what is left after one, three and six months."""
    complete = [row for row in churn if row["is_complete_month"]]
    cards = [
        Card(f"Back after {months} month{'s' if months > 1 else ''}", wording.share(kept(cohorts, months)),
             help="Customers of the chosen cohorts with a sale in that month, of all of them.")
        for months in (1, 3, 6)
    ]  # fmt: skip
    if complete:
        last, name = complete[-1], wording.month(complete[-1]["month_start_date"])
        cards = [
            Card(f"Active in {name}", wording.count(last["active_customers"]), help="With at least one sale."),
            Card(
                f"Churn in {name}",
                wording.share(last["churn_rate"]),
                help="Active the month before, not in this.",
            ),
            *cards,
        ]
    return cards


def heatmap(page: Page, cohorts: Rows) -> None:
    """Retention by cohort and months since; a click shows the customers behind a field."""
    rows: Rows = [
        row | {"cohort": wording.month(row["cohort_month"]), "months": str(row["months_since_first"])}
        for row in cohorts
    ]
    chart = charts.matrix(
        rows,
        charts.Side("cohort", "Month of the first sale", list(dict.fromkeys(row["cohort"] for row in rows))),
        charts.Side("months", "Months since", sorted({row["months"] for row in rows}, key=int)),
        "retention_rate",
        title="Retention",
        number=".0%",
        selection="field",
    )
    event: Any = page.chart(
        "Retention by cohort", chart, rows, key="cohorts", on_select="rerun",
        says="Rows are cohorts, columns months since the first sale; the table below has the values.",
    )  # fmt: skip
    st.caption(
        "Customers with a sale in that month, of all whose first sale was in the cohort's. Months that are not "
        "complete are left out. Click a field for the customers behind it."
    )
    fields = event.selection.get("field") if event else None
    if fields:
        for row in rows:  # none fits when the choice changed since the click
            if all(row[name] == fields[0][name] for name in ("cohort", "months")):
                behind(page, row)
    with st.expander("Table of cohorts"):
        page.table(
            "retention-cohorts",
            rows,
            [
                Column("cohort_month", "Cohort", "month"),
                Column("months_since_first", "Months since", "count"),
                Column("month_start_date", "Month", "month"),
                Column("cohort_customers", "Customers of the cohort", "count"),
                Column("active_customers", "Active", "count"),
                Column("retention_rate", "Retention", "share"),
            ],
        )


def behind(page: Page, field: dict[str, Any]) -> None:
    """The customers of a cohort who bought in a month."""
    month: date = field["month_start_date"]
    st.subheader(
        f"{field['active_customers']} of {field['cohort_customers']} customers of {field['cohort']} bought in "
        f"{wording.month(month)}"
    )
    page.table(
        "retention-customers",
        page.published.rows(BEHIND, [field["cohort_month"], month, month]),
        [
            Column("customer_id", "Customer"),
            Column("country", "Country"),
            Column("order_count", "Orders in the month", "count"),
            Column("net", "Revenue in the month", "money"),
            Column("total_orders", "Orders ever", "count"),
            Column("lifetime_value", "Lifetime value", "money"),
        ],
        limit=LIMIT,
    )


def decay(page: Page, cohorts: Rows) -> None:
    """What is left of all chosen cohorts together, by months since the first sale."""
    rows: Rows = [
        {"months": months, "rate": kept(cohorts, months), "cohorts": "all chosen cohorts"}
        for months in sorted({row["months_since_first"] for row in cohorts})
        if months > 0
    ]
    page.chart(
        "How cohorts decay",
        charts.lines_by_number(
            rows, "months", "rate", "cohorts", x_title="Months since the first sale", title="Retention (%)"
        ),
        rows,
        says="A curve over the months since the first sale.",
    )
    st.caption("All chosen cohorts together: active customers by customers, of the cohorts that have come that far.")


def lifetime(months: Rows) -> Row:
    """One cohort's value per customer, what a customer cost to win, and after how many months that was earned."""
    first = months[0]
    revenue, margin = Decimal(0), Decimal(0)
    by_month: dict[int, Decimal | None] = {}
    for row in months:
        revenue += row["net_sales"]
        is_known = row["cm2"] is not None and None not in by_month.values()
        margin += row["cm2"] or 0
        by_month[row["months_since_first"]] = margin / first["customers"] if is_known else None
    spend = first["spend"]  # of the cohort's own month; advertising is of no other
    cost = spend / first["customers"] if spend else None
    value = by_month[months[-1]["months_since_first"]]
    earned = (number for number, of in by_month.items() if of is not None and cost is not None and of >= cost)
    return {
        "cohort_month": first["cohort_month"],
        "customers": first["customers"],
        "months": len(months) - 1,
        "net_sales": revenue / first["customers"],
        **{f"value_{number}": by_month.get(number) for number in (0, 3, 6, 12)},
        "value": value,
        "cost": cost,
        "value_to_cost": value / cost if value is not None and cost else None,
        "payback": next(earned, None),
    }


def worth(page: Page) -> None:
    """What a customer is worth: revenue, margin 2 as it adds up, and what advertising took to win one."""
    months, parameters = page.filters.months("cohort_month")
    rows = page.published.rows(WORTH.format(months=months), parameters)
    cohorts = [
        lifetime([row for row in rows if row["cohort_month"] == cohort])
        for cohort in dict.fromkeys(row["cohort_month"] for row in rows)
    ]
    known = [row for row in cohorts if row["value"] is not None]
    page.chart(
        "Lifetime value by month of the first sale",
        charts.signed_bars(
            known, "cohort_month", "value", title=f"Margin 2 per customer ({page.money.currency})", number=",.2f"
        ),
        known,
        says="Bars, one per cohort; the table below has the values.",
    )
    st.caption(
        "Lifetime value is the contribution margin 2 of a cohort's customers so far, by customer. Acquisition cost is "
        "all advertising of the cohort's month by its new customers. Paid back is the first month whose value has "
        "reached it; a month counts once it is over."
    )
    with st.expander("Table of lifetime value"):
        page.table(
            "retention-lifetime-value",
            cohorts,
            [
                Column("cohort_month", "First sale", "month"),
                Column("customers", "Customers", "count"),
                Column("months", "Months since", "count"),
                Column("net_sales", "Net sales per customer", "money"),
                *(Column(f"value_{number}", f"Value, month {number}", "money") for number in (0, 3, 6, 12)),
                Column("value", "Lifetime value", "money"),
                Column("cost", "Acquisition cost", "money"),
                Column("value_to_cost", "Value by cost", "ratio"),
                Column("payback", "Paid back in month", "count"),
            ],
        )


def leaving(page: Page, churn: Rows) -> None:
    """Churn by month."""
    rows = [row for row in churn if row["is_complete_month"] and row["churn_rate"] is not None]
    page.chart(
        "Churn by month",
        charts.lines(rows, "month_start_date", "churn_rate", title="Churned customers (%)", number=".0%"),
        rows,
        says="A line over the months.",
    )
    st.caption("Customers active in the month before and not in this one, of those active in the month before.")
    with st.expander("Table of churn"):
        page.table(
            "retention-churn",
            churn,
            [
                Column("month_start_date", "Month", "month"),
                Column("is_complete_month", "Complete", "flag"),
                Column("active_customers", "Active", "count"),
                Column("new_customers", "New", "count"),
                Column("retained_customers", "Retained", "count"),
                Column("reactivated_customers", "Reactivated", "count"),
                Column("churned_customers", "Churned", "count"),
                Column("churn_rate", "Churn", "share"),
            ],
        )


def active(page: Page) -> None:
    """Active customers by month and country."""
    months, parameters = page.filters.months()
    chosen, more = page.filters.where(None, "country")
    rows = page.published.rows(ACTIVE.format(months=months, chosen=chosen), [*parameters, *more])
    page.chart(
        "Active customers by country",
        charts.stacked_bars(rows, "month_start_date", "active_customers", "country", title="Active customers"),
        rows,
        says="Stacked bars, one per month.",
        by="country",
    )
    with st.expander("Table of active customers"):
        page.table(
            "retention-active",
            rows,
            [
                Column("month_start_date", "Month", "month"),
                Column("country", "Country"),
                Column("active_customers", "Active", "count"),
                Column("new_customers", "New", "count"),
                Column("retained_customers", "Retained", "count"),
                Column("reactivated_customers", "Reactivated", "count"),
            ],
        )
