with items as (
    select
        delivered.order_id,
        delivered.line_number,
        delivered.order_date,
        delivered.product_id,
        delivered.quantity,
        delivered.unit_price,
        delivered.discount_amount
    from {{ source('delivered', 'order_items') }} as delivered
    {{ without_superseded('order_items') }}
),

items_without_order as (
    select
        order_id,
        line_number,
        product_id,
        quantity,
        unit_price,
        discount_amount
    from items
    where order_date is null
),

client as (
    select has_items
    from {{ source('raw', 'client') }}
),

orders as (
    select
        order_id,
        order_date
    from {{ ref('stg_orders') }}
),

lines as (
    select
        delivered.order_id,
        delivered.line_number,
        delivered.invoice_date,
        delivered.product_id,
        delivered.quantity,
        delivered.unit_price,
        delivered.line_discount
    from {{ ref('int_order_lines') }} as delivered
    {{ without_superseded('order_lines', 'delivery_id') }}
    where delivered.line_type = 'sale'
),

orders_of_items as (
    select
        order_id,
        order_date
    from orders
    where order_id in (select items_without_order.order_id from items_without_order)
),

payments as (
    select
        delivered.order_id,
        delivered.amount
    from {{ source('delivered', 'payments') }} as delivered
    {{ without_superseded('payments') }}
    where delivered.status = 'succeeded'
),

-- Items that were delivered by themselves have the day of their order, none while it has not arrived.
dated_items as (
    select
        items.order_id,
        items.line_number,
        orders.order_date,
        items.product_id,
        items.quantity,
        items.unit_price,
        items.discount_amount
    from items_without_order as items
    left join orders_of_items as orders on items.order_id = orders.order_id
),

-- Where orders are delivered without items, each has one, worth what was paid.
paid as (
    select
        payments.order_id,
        sum(payments.amount) as amount
    from payments
    inner join client on not client.has_items
    group by payments.order_id
),

transactions as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        quantity,
        unit_price,
        discount_amount
    from items
    where order_date is not null
    union all
    select
        order_id,
        line_number,
        order_date,
        product_id,
        quantity,
        unit_price,
        discount_amount
    from dated_items
    union all
    select
        order_id,
        line_number,
        invoice_date as order_date,
        product_id,
        quantity,
        unit_price,
        line_discount as discount_amount
    from lines
    union all
    select
        orders.order_id,
        1 as line_number,
        orders.order_date,
        'unspecified' as product_id,
        1 as quantity,
        cast(paid.amount as decimal(18, 4)) as unit_price,
        cast(0 as decimal(18, 2)) as discount_amount
    from orders
    inner join paid on orders.order_id = paid.order_id
),

priced_transactions as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        quantity,
        unit_price,
        discount_amount,
        cast(quantity * unit_price as decimal(18, 2)) as gross
    from transactions
)

select
    cast(order_id as string) as order_id,
    cast(line_number as integer) as line_number,
    cast(order_date as date) as order_date,
    cast(product_id as string) as product_id,
    cast(quantity as integer) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(gross as decimal(18, 2)) as gross,
    cast(least(discount_amount, gross) as decimal(18, 2)) as line_discount,
    cast(greatest(discount_amount - gross, 0) as decimal(18, 2)) as excess_discount
from priced_transactions
