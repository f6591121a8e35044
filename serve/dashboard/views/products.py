"""Products: which bring the revenue, how they rank, and what is in stock."""

from __future__ import annotations

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Rows

TOP = 200
SHOWN = 15
PARETO = """
select
    pareto.product_id, coalesce(products.title, pareto.product_id) as title, products.category, pareto.net,
    pareto.net_rank, pareto.net_share, pareto.cumulative_share, pareto.abc_class
from marts.mart_product_pareto as pareto
inner join core.dim_products as products on pareto.product_id = products.product_id
order by pareto.net_rank
"""
# What came back, on the day of the refund, whenever it was sold.
RANKING = f"""
with moved as (
    select calendar_date, product_id, units_sold, net, 0 as returned_units, 0 as refunds from marts.mart_top_skus
    union all
    select returned_date, product_id, 0, 0, coalesce(quantity, 0), refund from core.fct_returns where is_product
)

select
    moved.product_id, coalesce(products.title, moved.product_id) as title, products.category, products.price_tier,
    cast(sum(moved.units_sold) as decimal(18, 3)) as units_sold, sum(moved.net) as net,
    cast(sum(moved.units_sold - moved.returned_units) as decimal(18, 3)) as units_kept,
    sum(moved.net - moved.refunds) as net_sales
from moved
inner join core.dim_products as products on moved.product_id = products.product_id
where {{chosen}}
group by all order by {{amount}} desc, {{units}} desc, moved.product_id limit {TOP}
"""
# How a product may be ranked: by what was sold, or by what was kept.
BASES = {"Before returns": ("net", "units_sold"), "After returns": ("net_sales", "units_kept")}
TIERS = """
select performance_tier, price_tier, count(*) as products, sum(total_revenue) as net
from core.dim_products where is_product and {chosen} group by all
"""
STOCK = """
select
    product_id, coalesce(title, product_id) as title, category, stock_on_hand, recent_units_sold, days_of_cover,
    recent_stock_out_days, last_received_date, is_reorder_due, as_of_date
from marts.mart_inventory_status where {chosen}
order by is_reorder_due desc, days_of_cover nulls last, product_id
"""
PERFORMANCE = ("high", "medium", "low", "unsold")
PRICES = ("budget", "mid_range", "premium", "unpriced", "no_tiers")


def show(page: Page) -> None:
    """Pareto, tiers, ranking of the period, stock."""
    pareto = page.published.rows(PARETO)
    chosen, parameters = page.filters.where(None, "category")
    stock = page.published.rows(STOCK.format(chosen=chosen), parameters)
    page.says_what_does_not_apply("This page", "category")
    page.cards(headline(pareto, stock))
    concentration(page, pareto)
    ranking(page)
    tiers(page)
    in_stock(page, stock)


def headline(pareto: Rows, stock: Rows) -> list[Card]:
    """How concentrated sales are, and what needs ordering."""
    best = [row for row in pareto if row["abc_class"] == "A"]
    cards = [
        Card("Products ever sold", wording.count(len(pareto))),
        Card("Class A products", wording.count(len(best)), help="The best, until they reach 80 % of all revenue."),
    ]
    if stock:
        cards += [
            Card("Reorder due", wording.count(sum(row["is_reorder_due"] for row in stock)),
                 help="The stock lasts less than 14 days at the rate of the last 28."),
            Card("Out of stock", wording.count(sum(row["stock_on_hand"] <= 0 for row in stock)),
                 help="On the last day of the inventory."),
        ]  # fmt: skip
    return cards


def concentration(page: Page, pareto: Rows) -> None:
    """Which share of revenue the best products bring together."""
    best = [row for row in pareto if row["abc_class"] == "A"]
    labelled = [row | {"class": f"class {row['abc_class']}"} for row in pareto]
    page.chart(
        "Few products bring most of the revenue"
        if len(best) * 2 < len(pareto)
        else "How revenue spreads over products",
        charts.pareto(
            labelled,
            rank="net_rank",
            cumulative="cumulative_share",
            series="class",
            name="title",
            x_title="Products, the best first",
            title="Share of revenue, added up",
        ),
        pareto,
        says="A curve of the share of revenue by rank.",
    )
    if best:
        st.caption(
            f"{len(best)} of {len(pareto)} products bring {wording.share(best[-1]['cumulative_share'], 0)} of all "
            "revenue. All sales ever; period and category do not apply to this chart."
        )
    with st.expander("Table of classes"):
        page.table(
            "products-pareto",
            pareto,
            [
                Column("net_rank", "Rank", "count"),
                Column("product_id", "Product"),
                Column("title", "Name"),
                Column("category", "Category"),
                Column("net", "Revenue", "money"),
                Column("net_share", "Share", "share"),
                Column("cumulative_share", "Share, added up", "share"),
                Column("abc_class", "Class"),
            ],
        )


def ranking(page: Page) -> None:
    """The products of the chosen days and categories by revenue, before or after what came back in these days."""
    chosen, parameters = page.filters.where("calendar_date", "category", prefix="products.")
    basis = st.radio("Rank products", BASES, key="returns", bind="query-params", horizontal=True)
    amount, units = BASES[basis or "Before returns"]
    rows = page.published.rows(RANKING.format(chosen=chosen, amount=amount, units=units), parameters)
    named = _distinct(rows[:SHOWN])
    left, right = st.columns(2)
    unit = f"{'Revenue' if amount == 'net' else 'Net sales'} ({page.money.currency})"
    by_units = sorted(rows, key=lambda row: (-row[units], row["product_id"]))[:SHOWN]
    with left:
        bars = charts.ranked_bars(named, "name", amount, title=unit)
        page.chart("Top products by revenue", bars, named, says="Bars.")
    with right:
        bars = charts.ranked_bars(_distinct(by_units), "name", units, title="Units")
        page.chart("Top products by units", bars, by_units, says="Bars.")
    st.caption(f"{page.filters.text()}. Returns are those of these days. The category is that of today.")
    with st.expander("Table of products"):
        page.table(
            "products-ranking",
            rows,
            [
                Column("product_id", "Product"),
                Column("title", "Name"),
                Column("category", "Category"),
                Column("price_tier", "Price tier"),
                Column("units_sold", "Units sold", "count"),
                Column("net", "Revenue", "money"),
                Column("units_kept", "Units after returns", "count"),
                Column("net_sales", "Net sales", "money"),
            ],
            limit=TOP,
        )


def tiers(page: Page) -> None:
    """Performance against price."""
    chosen, parameters = page.filters.where(None, "category")
    rows: Rows = [
        row | {name: wording.words(row[name]) for name in ("performance_tier", "price_tier")}
        for row in page.published.rows(TIERS.format(chosen=chosen), parameters)
    ]
    chart = charts.matrix(
        rows,
        charts.Side("performance_tier", "Performance", PERFORMANCE),
        charts.Side("price_tier", "Price", [wording.words(tier) for tier in PRICES]),
        "products",
        title="Products",
        number=",.0f",
    )
    left, right = st.columns(2)
    with left:
        page.chart("Products by performance and price", chart, rows, says="A matrix of counts of products.")
    with right:
        by_tier = [
            {"name": tier, "net": sum(row["net"] for row in rows if row["performance_tier"] == tier)}
            for tier in PERFORMANCE
            if any(row["performance_tier"] == tier for row in rows)
        ]
        title = f"Revenue ever ({page.money.currency})"
        page.chart(
            "Revenue by performance", charts.ranked_bars(by_tier, "name", "net", title=title), by_tier, says="Bars."
        )
    st.caption(
        "High is from the 80th percentile of revenue, medium from the 40th; budget costs less than 25, premium from "
        "100. All sales ever: the period does not apply."
    )


def in_stock(page: Page, stock: Rows) -> None:
    """What is in stock and how long it lasts."""
    st.subheader("Stock")
    if not stock:
        st.info("This client delivers no inventory, or none of the chosen categories.")
        return
    st.caption(f"At the end of {wording.day(stock[0]['as_of_date'])}; what is to be ordered first.")
    page.table(
        "products-stock",
        stock,
        [
            Column("product_id", "Product"),
            Column("title", "Name"),
            Column("category", "Category"),
            Column("stock_on_hand", "In stock", "count"),
            Column("recent_units_sold", "Sold in 28 days", "count"),
            Column("days_of_cover", "Days of cover", "count"),
            Column("recent_stock_out_days", "Days without stock", "count"),
            Column("last_received_date", "Last received", "day"),
            Column("is_reorder_due", "Reorder", "flag"),
        ],
    )


def _distinct(rows: Rows) -> Rows:
    """With names that are told apart: two products may have the same title."""
    titles = [row["title"] for row in rows]
    return [
        row | {"name": row["title"] if titles.count(row["title"]) == 1 else f"{row['title']} ({row['product_id']})"}
        for row in rows
    ]
