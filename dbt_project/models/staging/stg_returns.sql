with returns as (
    select
        return_id,
        order_id,
        line_number,
        product_id,
        nullif(customer_id, '') as customer_id,
        returned_at,
        returned_date,
        quantity,
        refund_amount,
        lower({{ clean_text('reason') }}) as reason
    from {{ source('raw', 'returns') }}
    where is_current
),

orders as (
    select
        order_id,
        nullif(customer_id, '') as customer_id
    from {{ source('raw', 'orders') }}
    where is_current
)

-- A source of refunds may name the order alone; what it takes from the customer's lifetime value is the same.
select
    cast(returns.return_id as varchar) as return_id,
    cast(returns.order_id as varchar) as order_id,
    cast(returns.line_number as integer) as line_number,
    cast(returns.product_id as varchar) as product_id,
    cast(coalesce(returns.customer_id, orders.customer_id, 'unknown') as varchar) as customer_id,
    cast(returns.returned_at as timestamp) as returned_at,
    cast(returns.returned_date as date) as returned_date,
    cast(returns.quantity as integer) as quantity,
    cast(returns.refund_amount as decimal(18, 2)) as refund,
    cast(returns.reason as varchar) as reason
from returns
left join orders on returns.order_id = orders.order_id
