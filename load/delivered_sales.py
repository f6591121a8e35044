"""What the nested orders of each delivery come to, added up once by verify for the books that publish keeps.

An order that comes whole is matched with its items and payments within its delivery, and a delivery never changes. So a
night adds up the new deliveries, and what newer versions replace, instead of every order of the shop.
"""

from __future__ import annotations

import duckdb

from contracts.client_file import Client
from contracts.sql_text import literal

SUMS = """
create schema if not exists audit;
create table if not exists audit.delivered_sales (
    delivery_id varchar, is_superseded boolean,
    order_rows bigint, item_rows bigint, payment_rows bigint, captured decimal(38, 2),
    order_count bigint, gross decimal(38, 2), discount decimal(38, 2)
);
"""
COUNTED = "select delivery_id from raw.load_ledger where not is_replaced and dataset = 'orders'"
# By delivery and line, which tell the orders of one delivery apart: joined by number instead of by text.
ADD_UP = """
insert into audit.delivered_sales
with items as (
    select
        _delivery_id, _line, count(*) as item_rows, sum(cast(quantity * unit_price as decimal(18, 2))) as gross,
        sum(discount_amount) as discount
    from raw.order_items
    where {rows}
    group by _delivery_id, _line
),
payments as (
    select
        _delivery_id, _line, count(*) as payment_rows,
        sum(amount) filter (where status = 'succeeded' and amount > 0) as captured
    from raw.payments
    where {rows}
    group by _delivery_id, _line
),
sales as (
    select
        orders._delivery_id, items.item_rows, items.gross, items.discount + orders.discount_amount as discount,
        payments.payment_rows, payments.captured,
        orders.status <> 'cancelled'
        and (
            payments.captured > 0
            or items.gross - items.discount - orders.discount_amount + orders.tax_amount + orders.shipping_amount <= 0
        ) as is_sale
    from (select * from raw.orders where {rows}) as orders
    left join items on orders._delivery_id = items._delivery_id and orders._line = items._line
    left join payments on orders._delivery_id = payments._delivery_id and orders._line = payments._line
)
select
    _delivery_id, {is_superseded}, count(*), coalesce(sum(item_rows), 0), coalesce(sum(payment_rows), 0),
    coalesce(sum(captured), 0), count(*) filter (where is_sale and gross is not null),
    coalesce(sum(gross) filter (where is_sale), 0), coalesce(sum(discount) filter (where is_sale), 0)
from sales
group by _delivery_id
"""


def add_up_sales(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    """Have ``audit.delivered_sales`` hold every delivery that counts, and what of each is superseded.

    Empty where orders, items and payments are delivered apart: publish then adds up raw itself.
    """
    con.execute(SUMS)
    con.execute(f"delete from audit.delivered_sales where is_superseded or delivery_id not in ({COUNTED})")
    orders, apart = client.sources.get("orders"), {"order_lines", "order_items", "payments"} & {*client.sources}
    if apart or (orders and orders.layout):
        con.execute("delete from audit.delivered_sales")
        return
    missing = con.execute(f"{COUNTED} and delivery_id not in (select delivery_id from audit.delivered_sales)")
    if names := ", ".join(literal(name) for (name,) in missing.fetchall()):
        con.execute(ADD_UP.format(rows=f"_delivery_id in ({names})", is_superseded="false"))
    con.execute(ADD_UP.format(rows="not is_current", is_superseded="true"))
