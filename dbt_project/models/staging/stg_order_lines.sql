{%- set day = 'all_lines.order_date' if order_day() == 'created' else 'orders.order_date' -%}

-- A relation that is read twice is read as a whole: so each part is read by itself, of which most shops have one.
with items as (
    select
        delivered.order_id,
        delivered.line_number,
        delivered.order_date,
        delivered.product_id,
        delivered.quantity,
        delivered.unit_price,
        delivered.discount_amount,
        delivered.line_total,
        delivered.line_tax_amount,
        delivered.unit_cost,
        delivered.variant_id,
        delivered.sku
    from {{ source('delivered', 'order_items') }} as delivered
    {{ without_superseded('order_items') }}
    where delivered.order_date is not null
),

items_without_order as (
    select
        delivered.order_id,
        delivered.line_number,
        delivered.product_id,
        delivered.quantity,
        delivered.unit_price,
        delivered.discount_amount,
        delivered.line_total,
        delivered.line_tax_amount,
        delivered.unit_cost,
        delivered.variant_id,
        delivered.sku
    from {{ source('delivered', 'order_items') }} as delivered
    {{ without_superseded('order_items') }}
    where delivered.order_date is null
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
        delivered.line_discount,
        delivered.line_total,
        delivered.line_tax_amount,
        delivered.unit_cost,
        delivered.variant_id,
        delivered.sku
    from {{ ref('int_order_lines') }} as delivered
    {{ without_superseded('order_lines', 'delivery_id') }}
    where delivered.line_type = 'sale'
),

orders_of_items as (
    select
        order_id,
        order_date
    from {{ ref('stg_orders') }}
    where order_id in (select items_without_order.order_id from items_without_order)
),

payments as (
    select
        delivered.order_id,
        delivered.amount
    from {{ source('delivered', 'payments') }} as delivered
    {{ without_superseded('payments') }}
    where
        delivered.status = 'succeeded'
        and coalesce(delivered.kind, 'sale') in ('sale', 'capture')
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
        items.discount_amount,
        items.line_total,
        items.line_tax_amount,
        items.unit_cost,
        items.variant_id,
        items.sku
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

all_lines as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        quantity,
        unit_price,
        discount_amount,
        line_total,
        line_tax_amount,
        unit_cost,
        variant_id,
        sku
    from items
    union all
    select
        order_id,
        line_number,
        order_date,
        product_id,
        quantity,
        unit_price,
        discount_amount,
        line_total,
        line_tax_amount,
        unit_cost,
        variant_id,
        sku
    from dated_items
    union all
    select
        order_id,
        line_number,
        invoice_date as order_date,
        product_id,
        quantity,
        unit_price,
        line_discount as discount_amount,
        line_total,
        line_tax_amount,
        unit_cost,
        variant_id,
        sku
    from lines
    union all
    select
        orders.order_id,
        1 as line_number,
        orders.order_date,
        'unspecified' as product_id,
        cast(1 as decimal(19, 3)) as quantity,
        cast(paid.amount as decimal(18, 4)) as unit_price,
        cast(0 as decimal(18, 2)) as discount_amount,
        cast(null as decimal(18, 2)) as line_total,
        cast(null as decimal(18, 2)) as line_tax_amount,
        cast(null as decimal(18, 4)) as unit_cost,
        cast(null as string) as variant_id,
        cast(null as string) as sku
    from orders
    inner join paid on orders.order_id = paid.order_id
),

foreign_orders as (
    select
        order_id,
        exchange_rate
    from {{ ref('int_foreign_orders') }}
),

priced_lines as (
    select
        all_lines.order_id,
        all_lines.line_number,
        {{ day }} as order_date,
        all_lines.product_id,
        all_lines.quantity,
        all_lines.unit_price,
        all_lines.discount_amount,
        all_lines.line_tax_amount,
        all_lines.unit_cost,
        all_lines.variant_id,
        all_lines.sku,
        cast(coalesce(foreign_orders.exchange_rate, 1) as decimal(19, 8)) as exchange_rate,
        coalesce(
            all_lines.line_total, {{ rounded_product('all_lines.quantity', 3, 'all_lines.unit_price', 4) }}
        ) as price
    from all_lines
    left join foreign_orders on all_lines.order_id = foreign_orders.order_id
    {%- if order_day() != 'created' %}
    left join orders on all_lines.order_id = orders.order_id
    {%- endif %}
    where
        {{ day }} is null
        or {{ is_counted_yet(day) }}
)

select
    cast(order_id as string) as order_id,
    cast(line_number as bigint) as line_number,
    cast(order_date as date) as order_date,
    cast(product_id as string) as product_id,
    cast(variant_id as string) as variant_id,
    cast(sku as string) as sku,
    cast(quantity as decimal(18, 3)) as quantity,
    {{ converted('unit_price', 4) }} as unit_price,
    {{ converted('coalesce(price, 0)') }} as price,
    {{ converted('coalesce(discount_amount, 0)') }} as discount,
    {{ converted('line_tax_amount') }} as line_tax,
    {{ converted('unit_cost', 4) }} as unit_cost
from priced_lines
