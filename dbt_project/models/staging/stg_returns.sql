with delivered_returns as (
    select
        delivered.return_id,
        delivered.order_id,
        delivered.line_number,
        delivered.product_id,
        nullif(delivered.customer_id, '') as customer_id,
        delivered.returned_at,
        delivered.returned_date,
        delivered.quantity,
        delivered.refund_amount,
        lower({{ clean_text('delivered.reason') }}) as reason
    from {{ source('delivered', 'returns') }} as delivered
    {{ without_superseded('returns') }}
),

lines as (
    select
        delivered.order_id,
        delivered.line_number,
        delivered.product_id,
        delivered.customer_id,
        delivered.invoice_at,
        delivered.invoice_date,
        delivered.quantity,
        delivered.unit_price,
        delivered.reason
    from {{ ref('int_order_lines') }} as delivered
    {{ without_superseded('order_lines', 'delivery_id') }}
    where delivered.line_type = 'return'
),

returns as (
    select
        return_id,
        order_id,
        line_number,
        product_id,
        customer_id,
        returned_at,
        returned_date,
        quantity,
        refund_amount,
        reason
    from delivered_returns
    union all
    select
        order_id || '-' || line_number as return_id,
        null as order_id,
        null as line_number,
        product_id,
        nullif(customer_id, '') as customer_id,
        invoice_at as returned_at,
        invoice_date as returned_date,
        -quantity as quantity,
        cast(-quantity * unit_price as decimal(18, 2)) as refund_amount,
        lower({{ clean_text('reason') }}) as reason
    from lines
),

orders as (
    select
        order_id,
        nullif(customer_id, 'unknown') as customer_id
    from {{ ref('stg_orders') }}
)

-- A source of refunds may name the order alone; what it takes from the customer's lifetime value is the same.
select
    cast(returns.return_id as string) as return_id,
    cast(returns.order_id as string) as order_id,
    cast(returns.line_number as integer) as line_number,
    cast(returns.product_id as string) as product_id,
    cast(coalesce(returns.customer_id, orders.customer_id, 'unknown') as string) as customer_id,
    cast(returns.returned_at as timestamp) as returned_at,
    cast(returns.returned_date as date) as returned_date,
    cast(returns.quantity as integer) as quantity,
    cast(returns.refund_amount as decimal(18, 2)) as refund,
    cast(returns.reason as string) as reason
from returns
left join orders on returns.order_id = orders.order_id
