with orders as (
    select
        delivered.order_id,
        delivered.customer_id,
        delivered.order_at,
        delivered.order_date,
        delivered.status,
        delivered.channel,
        delivered.country,
        delivered.discount_amount,
        delivered.tax_amount,
        delivered.shipping_amount
    from {{ source('delivered', 'orders') }} as delivered
    {{ without_superseded('orders') }}
    union all
    select
        delivered.order_id,
        delivered.customer_id,
        delivered.order_at,
        delivered.order_date,
        delivered.order_status as status,
        delivered.channel,
        delivered.country,
        cast(0 as decimal(18, 2)) as discount_amount,
        cast(0 as decimal(18, 2)) as tax_amount,
        cast(0 as decimal(18, 2)) as shipping_amount
    from {{ ref('int_line_orders') }} as delivered
    {{ without_superseded('orders', 'delivery_id') }}
)

select
    cast(order_id as string) as order_id,
    cast(coalesce(nullif(customer_id, ''), 'unknown') as string) as customer_id,
    cast(order_at as timestamp) as order_at,
    cast(order_date as date) as order_date,
    cast(lower({{ clean_text('status') }}) as string) as order_status,
    cast(coalesce(lower({{ clean_text('channel') }}), 'unknown') as string) as channel,
    cast(coalesce({{ clean_text('country') }}, 'unknown') as string) as country,
    cast(discount_amount as decimal(18, 2)) as order_discount,
    cast(tax_amount as decimal(18, 2)) as tax,
    cast(shipping_amount as decimal(18, 2)) as shipping
from orders
