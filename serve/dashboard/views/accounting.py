"""For the accountant: the month's close, taxes, discount codes, and what payment providers paid out."""

from __future__ import annotations

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.page import Page
from serve.dashboard.page_data import Rows

# Line by line from gross to all the money: orders on their day, refunds on theirs. The lines add up to the total.
CLOSE = """
with moved as (
    select
        order_date as day, gross, -discount as discount, cast(0 as decimal(18, 2)) as refunded_goods, shipping, tax,
        fees, tips, duties, gift_cards, rounding - credit as other, total
    from core.fct_orders where is_sale or is_sale_without_goods
    union all
    select
        refunded_date, 0, 0, -goods_amount, -shipping_amount, -tax_amount, 0, 0, 0, 0, -other_amount, -refund_amount
    from core.fct_refunds as refunds left join core.fct_orders as orders using (order_id)
    where refunds.is_counted or orders.is_sale_without_goods
)

select
    cast(date_trunc('month', day) as date) as month_start_date, sum(gross) as gross, sum(discount) as discount,
    sum(refunded_goods) as refunded_goods, sum(gross + discount + refunded_goods) as net_sales,
    sum(shipping) as shipping, sum(fees) as fees, sum(tips) as tips, sum(duties) as duties, sum(tax) as tax,
    sum(gift_cards) as gift_cards, sum(other) as other, sum(total) as total
from moved where day >= ? and day < ?::date + interval 1 month group by 1 order by 1
"""
# Columns of lines that most shops do not have.
RARE = {"fees": "Fees", "tips": "Tips", "duties": "Duties", "gift_cards": "Gift cards sold"}
TAXES = """
select
    coalesce(jurisdiction, 'unknown') as jurisdiction, coalesce(tax_title, '') as title, tax_rate, collected_by,
    count(distinct order_id) as orders, sum(taxable_amount) as taxable_amount, sum(amount) as amount
from core.fct_order_taxes where is_sale and {chosen} group by all order by amount desc, jurisdiction, title, tax_rate
"""
CODES = """
with codes as (
    select order_id, discount_code, sum(amount) as amount from core.fct_order_discounts
    where is_sale and {chosen} group by all
)

select
    codes.discount_code, count(*) as orders, sum(codes.amount) as amount, sum(orders.net) as net,
    count(*) filter (
        where orders.customer_id <> 'unknown' and orders.order_date = customers.first_order_date
    ) as first_orders
from codes
inner join core.fct_orders as orders using (order_id)
inner join core.dim_customers as customers using (customer_id)
group by all order by amount desc nulls last, codes.discount_code
"""
PAYOUTS = """
select
    cast(date_trunc('month', occurred_date) as date) as month_start_date,
    coalesce(sum(amount) filter (where transaction_kind = 'charge'), 0) as charges,
    coalesce(sum(amount) filter (where transaction_kind = 'refund'), 0) as refunds,
    coalesce(sum(amount) filter (where transaction_kind = 'dispute'), 0) as disputes,
    coalesce(sum(amount) filter (where transaction_kind in ('adjustment', 'other')), 0) as others,
    coalesce(sum(amount) filter (where transaction_kind = 'fee'), 0)
    - coalesce(sum(fee) filter (where transaction_kind <> 'payout'), 0) as fees,
    sum(net) filter (where transaction_kind <> 'payout') as earned,
    coalesce(sum(coalesce(net, amount)) filter (where transaction_kind = 'payout'), 0) as payouts,
    count(*) - count(net) as unknown_count
from core.fct_balance_transactions where occurred_date >= ? and occurred_date < ?::date + interval 1 month
group by 1 order by 1
"""


def show(page: Page) -> None:
    """The month's close, taxes, codes and payouts."""
    st.subheader("Month's close")
    _, parameters = page.filters.months()
    months = [parameters[0], parameters[1].replace(day=1)]
    close = page.published.rows(CLOSE, months)
    rare = [Column(name, heading, "money") for name, heading in RARE.items() if any(row[name] for row in close)]
    page.table(
        "accounting-close",
        close,
        [
            Column("month_start_date", "Month", "month"),
            Column("gross", "Gross", "money"),
            Column("discount", "Discounts", "money"),
            Column("refunded_goods", "Refunded goods", "money"),
            Column("net_sales", "Net sales", "money"),
            Column("shipping", "Shipping", "money"),
            Column("tax", "Tax", "money"),
            *rare,
            Column("other", "Other", "money"),
            Column("total", "Total", "money"),
        ],
    )
    st.caption(
        f"{page.months()} Orders count on their day and refunds on theirs; shipping and tax are less what was paid "
        "back of them. Other is rounding, credits and what refunds paid beyond the sale. docs/how-to/reconcile.md puts "
        "these lines beside those of the shop systems' own reports."
    )
    taxes(page)
    codes(page)
    payouts(page, page.published.rows(PAYOUTS, months))


def taxes(page: Page) -> None:
    """Tax by whose it is, its rate and who pays it to the state."""
    chosen, parameters = page.filters.where("order_date")
    rows = page.published.rows(TAXES.format(chosen=chosen), parameters)
    st.subheader("Tax by jurisdiction and rate")
    if not rows:
        st.info("No order of the period has tax lines: map the dataset tax_lines to see whose tax it is.")
        return
    page.table(
        "accounting-taxes",
        [row | {"collected_by": wording.words(row["collected_by"])} for row in rows],
        [
            Column("jurisdiction", "Jurisdiction"),
            Column("title", "Tax"),
            Column("tax_rate", "Rate", "share"),
            Column("collected_by", "Collected by"),
            Column("orders", "Orders", "count"),
            Column("taxable_amount", "Taxable amount", "money"),
            Column("amount", "Tax", "money"),
        ],
    )
    st.caption(f"{page.filters.text()}. As charged on the day of the order; refunds of tax are in the month's close.")


def codes(page: Page) -> None:
    """What each discount code cost and brought."""
    chosen, parameters = page.filters.where("order_date")
    rows = page.published.rows(CODES.format(chosen=chosen), parameters)
    if not rows:
        return
    known = [row for row in rows if row["amount"] is not None]
    page.chart(
        "Discounts by code",
        charts.ranked_bars(
            charts.top(known, "discount_code", "amount"),
            "discount_code",
            "amount",
            title=f"Discount ({page.money.currency})",
        ),
        known,
        says="Bars, the highest first.",
    )
    page.table(
        "accounting-discount-codes",
        rows,
        [
            Column("discount_code", "Code"),
            Column("orders", "Orders", "count"),
            Column("first_orders", "Of new customers", "count"),
            Column("amount", "Discount", "money"),
            Column("net", "Net of these orders", "money"),
        ],
    )
    st.caption(f"{page.filters.text()}. An order with two codes is in both rows, with all of its net.")


def payouts(page: Page, rows: Rows) -> None:
    """What moved the balance at payment providers, and what they paid out."""
    if not rows:
        return
    st.subheader("From charges to payouts")
    page.table(
        "accounting-payouts",
        rows,
        [
            Column("month_start_date", "Month", "month"),
            Column("charges", "Charges", "money"),
            Column("refunds", "Refunds", "money"),
            Column("disputes", "Disputes", "money"),
            Column("others", "Other", "money"),
            Column("fees", "Fees", "money"),
            Column("earned", "Left after fees", "money"),
            Column("payouts", "Payouts", "money"),
        ],
    )
    unknown = sum(row["unknown_count"] for row in rows)
    st.caption(
        f"{page.months()} Payouts are what went to the bank in the month, also of charges before it."
        + (f" Of {unknown:,} movements nobody says the fee." if unknown else "")
    )
