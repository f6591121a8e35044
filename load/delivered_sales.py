"""What the nested orders of each delivery come to, added up once by verify for the books that publish keeps.

An order that comes whole is matched with its items and payments within its delivery, and a delivery never changes. So a
night adds up the new deliveries, and what newer versions replace, instead of every order of the shop.
"""

from __future__ import annotations

import duckdb

from contracts.client_file import Client
from contracts.datasets.payments import IS_CAPTURE
from contracts.sql_text import literal
from load.columns import PRICE

SUMS = """
create schema if not exists audit;
create table if not exists audit.delivered_sales (
    delivery_id varchar, is_superseded boolean,
    order_rows bigint, item_rows bigint, payment_rows bigint, captured decimal(38, 2),
    order_count bigint, total decimal(38, 2), gross decimal(38, 2), discount decimal(38, 2)
);
"""
COUNTED = "select delivery_id from raw.load_ledger where not is_replaced and dataset = 'orders'"
# By delivery and line, which tell the orders of one delivery apart: joined by number instead of by text.
ADD_UP = """
insert into audit.delivered_sales
with items as (
    select
        _delivery_id, _line, count(*) as item_rows, sum(gross) as gross,
        sum(least(discount_amount, gross)) as discount
    from (
        select *, {price} as gross
        from raw.order_items
        where {rows}
    )
    group by _delivery_id, _line
),
payments as (
    select
        _delivery_id, _line, count(*) as payment_rows,
        sum(amount) filter (where {is_capture} and amount > 0) as captured
    from raw.payments
    where {rows}
    group by _delivery_id, _line
),
sales as (
    select
        orders._delivery_id, items.item_rows, items.gross, payments.payment_rows, payments.captured, orders.status,
        items.discount + least(orders.discount_amount, items.gross - items.discount) as discount,
        orders.tax_amount + orders.shipping_amount + coalesce(orders.fee_amount, 0) + coalesce(orders.tip_amount, 0)
        + coalesce(orders.duty_amount, 0) + coalesce(orders.rounding_amount, 0) - coalesce(orders.credit_amount, 0)
            as charges
    from (select * from raw.orders where {rows}) as orders
    left join items on orders._delivery_id = items._delivery_id and orders._line = items._line
    left join payments on orders._delivery_id = payments._delivery_id and orders._line = payments._line
),
counted as (
    select
        *, gross - discount + charges as total,
        status <> 'cancelled' and (captured > 0 or gross - discount + charges <= 0) as is_sale
    from sales
)
select
    _delivery_id, {is_superseded}, count(*), coalesce(sum(item_rows), 0), coalesce(sum(payment_rows), 0),
    coalesce(sum(captured), 0), count(*) filter (where is_sale and gross is not null),
    coalesce(sum(total) filter (where is_sale), 0), coalesce(sum(gross) filter (where is_sale), 0),
    coalesce(sum(discount) filter (where is_sale), 0)
from counted
group by _delivery_id
"""
# Orders that say more than their goods come to, which only the general way adds up.
UNLIKE = """
select 1
from raw.orders
where is_current and (
    tax_inside or is_test or cancelled_at is not null or currency <> (select currency from raw.client)
    or order_date > (select business_date from raw.client)
)
union all
select 1 from raw.products where is_current and product_type in ('gift_card', 'shipping', 'fee', 'discount')
limit 1
"""


def add_up_sales(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    """Have ``audit.delivered_sales`` hold every delivery that counts, and what of each is superseded.

    Empty where orders, items and payments are delivered apart: publish then adds up raw itself.
    """
    con.execute(SUMS)
    con.execute(f"delete from audit.delivered_sales where is_superseded or delivery_id not in ({COUNTED})")
    orders, apart = client.sources.get("orders"), {"order_lines", "order_items", "payments"} & {*client.sources}
    counts_as = (client.count_orders or "paid", client.order_day, client.cancelled)
    is_usual = counts_as == ("paid", "created", "excluded")
    if apart or (orders and orders.layout) or not is_usual or con.execute(UNLIKE).fetchone():
        con.execute("delete from audit.delivered_sales")
        return
    missing = con.execute(f"{COUNTED} and delivery_id not in (select delivery_id from audit.delivered_sales)")
    if names := ", ".join(literal(name) for (name,) in missing.fetchall()):
        con.execute(
            ADD_UP.format(price=PRICE, is_capture=IS_CAPTURE, rows=f"_delivery_id in ({names})", is_superseded="false")
        )
    con.execute(ADD_UP.format(price=PRICE, is_capture=IS_CAPTURE, rows="not is_current", is_superseded="true"))
