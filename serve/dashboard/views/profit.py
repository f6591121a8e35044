"""Profit: what is left of the sales after goods, shipping, fees and advertising."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.filters import Filters
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Row, Rows

AMOUNTS = (
    *("gross", "discount", "net", "refunds", "net_sales", "goods_cost", "estimated_cost", "restocked_cost"),
    *("shipping_charged", "shipping_cost", "payment_fees", "dispute_losses", "spend"),
)
MARGINS = ("cm1", "cm2", "cm3")
SUMS = f"""
    {", ".join(f"sum({name}) as {name}" for name in AMOUNTS)},
    cast(sum(uncosted_item_count) as bigint) as uncosted_item_count,
    {", ".join(f"case when sum(uncosted_item_count) = 0 then sum({name}) end as {name}" for name in MARGINS)}
"""
DAYS = f"select {{group}} {SUMS} from marts.mart_daily_profit where {{chosen}} {{end}}"
MOST_PRODUCTS = 500
PRODUCTS = f"""
select product_id, coalesce(any_value(title), product_id) as name, sum(net_sales) as net_sales,
    sum(goods_cost) - sum(restocked_cost) as goods_cost, sum(shipping_and_fees) as shipping_and_fees,
    case when sum(uncosted_item_count) = 0 then sum(cm1) end as cm1,
    case when sum(uncosted_item_count) = 0 then sum(cm2) end as cm2
from marts.mart_product_profit left join core.dim_products using (product_id)
where {{chosen}} group by product_id order by cm2 desc nulls last, product_id limit {MOST_PRODUCTS}
"""
# The steps from gross to CM3: what the bar is of, whether it is added, taken, or the sum so far.
STEPS = (
    ("gross", "Gross", "sum"), ("discount", "Discounts", "taken"), ("refunds", "Refunds", "taken"),
    ("net_sales", "Net sales", "sum"), ("goods_cost", "Cost of goods", "taken"),
    ("restocked_cost", "Back in stock", "added"), ("cm1", "Margin 1", "sum"),
    ("shipping_charged", "Shipping charged", "added"), ("shipping_cost", "Shipping cost", "taken"),
    ("payment_fees", "Payment fees", "taken"),
    ("dispute_losses", "Disputes", "taken"), ("cm2", "Margin 2", "sum"), ("spend", "Advertising", "taken"),
    ("cm3", "Margin 3", "sum"),
)  # fmt: skip
# What nobody may deliver: how it is called, and what delivers it.
UNSAID = {
    "shipping_cost": ("what shipping cost", "map the dataset shipping_costs"),
    "payment_fees": ("payment fees", "map fee_amount of payments, or the dataset balance_transactions"),
    "dispute_losses": ("lost disputes", "map the dataset balance_transactions"),
    "spend": ("advertising", "map the dataset ad_spend"),
}
UNCOSTED = (
    "Deliver unit_cost with the items or products, or say margin_rates or default_margin_rate under analysis in the "
    "client file."
)


def show(page: Page) -> None:
    """Margins 1 to 3 with their steps, by channel, cohort and product."""
    page.says_what_does_not_apply("This page", "channel")
    now, before = sums(page, page.filters), page.filters.previous()
    page.cards(cards(page, now, sums(page, before) if before else None))
    st.caption(
        f"{page.filters.text()}; changes are against {before.text()}."
        if before
        else f"{page.filters.text()}; no changes, because the data does not reach back over as many days before."
    )
    for sentence in what_is_assumed(page, now):
        st.info(wording.plain_markdown(sentence))
    waterfall(page, now)
    left, right = st.columns(2)
    with left:
        by_channel(page)
    with right:
        by_cohort(page)
    by_product(page)


def sums(page: Page, filters: Filters) -> Row:
    """Everything added up; a margin is None where the cost of an item is unknown, an amount where nobody says it."""
    chosen, parameters = filters.where("calendar_date", "channel")
    return page.published.row(DAYS.format(group="", chosen=chosen, end=""), parameters)


def cards(page: Page, now: Row, before: Row | None) -> list[Card]:
    """Net sales and the three margins."""

    def card(label: str, name: str, says: str) -> Card:
        share = f" That is {wording.share(now[name] / now['net_sales'])} of net sales." if has_share(now, name) else ""
        change = wording.growth(now[name], before[name]) if before else None
        return Card(label, page.money.card(now[name]), change, help=says + share)

    return [
        card("Net sales", "net_sales", "Gross less discounts and refunded goods."),
        card("Margin 1", "cm1", "Net sales less the cost of the goods, with what came back into stock."),
        card("Margin 2", "cm2", "Margin 1 with shipping charged, less shipping cost, payment fees and lost disputes."),
        card("Margin 3", "cm3", "Margin 2 less advertising."),
    ]


def has_share(now: Row, name: str) -> bool:
    """Whether a margin is a part of net sales."""
    return name != "net_sales" and now[name] is not None and bool(now["net_sales"]) and now["net_sales"] > 0


def what_is_assumed(page: Page, now: Row) -> list[str]:
    """What the margins are without, and what a margin of the client file stands for."""
    if not now["net_sales"] and not now["gross"]:
        return []
    found = []
    if now["uncosted_item_count"]:
        found.append(
            f"The margins are unknown: {wording.count(now['uncosted_item_count'])} items sold or back in stock have no "
            f"cost. {UNCOSTED}"
        )
    elif now["estimated_cost"]:
        found.append(
            f"Of the cost {page.money.text(now['estimated_cost'])} is assumed from the margins of the client file, "
            f"{wording.share(now['estimated_cost'] / now['goods_cost'])} of it. Items with a unit_cost need none."
        )
    unsaid = [name for name in UNSAID if now[name] is None and not (name == "dispute_losses" and has_balance(page))]
    if unsaid:
        names, ways = zip(*(UNSAID[name] for name in unsaid), strict=True)
        found.append(
            f"Not in the margins, as nobody says it of these days: {', '.join(names)}. To have it: {'; '.join(ways)}."
        )
    return found


def has_balance(page: Page) -> bool:
    """Whether a payment provider says what moved the balance in these days: then no dispute is known to be none."""
    chosen, parameters = page.filters.where("occurred_date")
    query = f"select count(*) as movements from core.fct_balance_transactions where {chosen}"
    return bool(page.published.row(query, parameters)["movements"])


def waterfall(page: Page, now: Row) -> None:
    """From gross to margin 3, step by step; what nobody says is no step, nor what follows an unknown cost."""
    rows: Rows = []
    level = Decimal(0)
    for name, label, kind in STEPS:
        amount = now[name]
        if name == "goods_cost" and now["uncosted_item_count"]:
            break
        if amount is None or (kind != "sum" and not amount):
            continue
        start, end = (
            (Decimal(0), amount) if kind == "sum" else (level, level + (amount if kind == "added" else -amount))
        )
        rows.append({"name": label, "start": start, "end": end, "amount": end - start, "is_sum": kind == "sum"})
        level = end
    unit = page.money.currency
    page.chart(
        "From gross to margin 3",
        charts.waterfall(rows, "name", title=f"Amount ({unit})"),
        rows,
        says="Bars, one per step; the table below has the values.",
    )
    with st.expander("Table of steps"):
        page.table("profit-steps", rows, [Column("name", "Step"), Column("amount", "Amount", "money")])


COLUMNS = [
    Column("net_sales", "Net sales", "money"),
    Column("cm1", "Margin 1", "money"),
    Column("cm2", "Margin 2", "money"),
    Column("spend", "Advertising", "money"),
    Column("cm3", "Margin 3", "money"),
]


def grouped(page: Page, group: str) -> Rows:
    """The sums by a column."""
    chosen, parameters = page.filters.where("calendar_date", "channel")
    query = DAYS.format(group=f"{group} as name,", chosen=chosen, end="group by 1 order by 1 nulls last")
    return page.published.rows(query, parameters)


def by_channel(page: Page) -> None:
    """Margin 3 by sales channel; the spend is the channel's own."""
    rows = grouped(page, "channel")
    known = sorted((row for row in rows if row["cm3"] is not None), key=lambda row: (-row["cm3"], row["name"]))
    page.chart(
        "Margin 3 by channel",
        charts.ranked_bars(charts.top(known, "name", "cm3"), "name", "cm3", title=f"Margin 3 ({page.money.currency})"),
        known,
        says="Bars, the highest first.",
        by="channel",
    )
    with st.expander("Table by channel"):
        page.table("profit-channels", rows, [Column("name", "Channel"), *COLUMNS])


def by_cohort(page: Page) -> None:
    """What the customers of each month of first purchase left, after the advertising of that month."""
    rows = [row for row in grouped(page, "cohort_month") if row["name"] is not None]
    known = [row for row in rows if row["cm3"] is not None]
    page.chart(
        "Margin 3 by month of first purchase",
        charts.signed_bars(known, "name", "cm3", title=f"Margin 3 ({page.money.currency})", number=",.0f"),
        known,
        says="Bars, one per month of the customers' first purchase.",
    )
    with st.expander("Table by month of first purchase"):
        page.table("profit-cohorts", rows, [Column("name", "First purchase", "month"), *COLUMNS])


def by_product(page: Page) -> None:
    """Margins 1 and 2 of each product."""
    chosen, parameters = page.filters.months()
    rows = page.published.rows(PRODUCTS.format(chosen=chosen), parameters)
    st.subheader("Products by margin 2")
    st.caption(
        f"{page.months()} What an order brings and takes beside its goods is split over its lines by their net; "
        "advertising is of no product. The channel filter does not apply."
    )
    page.table(
        "profit-products",
        rows,
        [
            Column("name", "Product"),
            Column("net_sales", "Net sales", "money"),
            Column("goods_cost", "Cost", "money"),
            Column("cm1", "Margin 1", "money"),
            Column("shipping_and_fees", "Shipping and fees", "money"),
            Column("cm2", "Margin 2", "money"),
        ],
        limit=MOST_PRODUCTS,
    )
