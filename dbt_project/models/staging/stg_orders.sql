select
    cast(order_id as varchar) as order_id,
    cast(coalesce(nullif(customer_id, ''), 'unknown') as varchar) as customer_id,
    cast(order_at as timestamp) as order_at,
    cast(order_date as date) as order_date,
    cast(lower({{ clean_text('status') }}) as varchar) as order_status,
    cast(coalesce(lower({{ clean_text('channel') }}), 'unknown') as varchar) as channel,
    cast(coalesce({{ clean_text('country') }}, 'unknown') as varchar) as country,
    cast(discount_amount as decimal(18, 2)) as order_discount,
    cast(tax_amount as decimal(18, 2)) as tax,
    cast(shipping_amount as decimal(18, 2)) as shipping
from {{ source('raw', 'orders') }}
where is_current
