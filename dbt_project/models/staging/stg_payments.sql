with payments as (
    select
        delivered.payment_id,
        delivered.order_id,
        delivered.attempt_number,
        delivered.method,
        delivered.status,
        delivered.amount,
        delivered.kind,
        delivered.fee_amount,
        delivered.paid_at
    from {{ source('delivered', 'payments') }} as delivered
    {{ without_superseded('payments') }}
),

foreign_orders as (
    select
        order_id,
        exchange_rate
    from {{ ref('int_foreign_orders') }}
),

priced_payments as (
    select
        payments.payment_id,
        payments.order_id,
        payments.attempt_number,
        payments.method,
        payments.status,
        payments.amount,
        payments.kind,
        payments.fee_amount,
        payments.paid_at,
        cast(coalesce(foreign_orders.exchange_rate, 1) as decimal(19, 8)) as exchange_rate
    from payments
    left join foreign_orders on payments.order_id = foreign_orders.order_id
)

select
    cast(payment_id as string) as payment_id,
    cast(order_id as string) as order_id,
    cast(attempt_number as integer) as attempt_number,
    cast(coalesce(nullif(lower({{ clean_text('method') }}), 'none'), 'unknown') as string) as payment_method,
    cast(lower({{ clean_text('status') }}) as string) as payment_status,
    cast(
        case coalesce(lower({{ clean_text('kind') }}), 'sale')
            when 'authorization' then 'authorisation'
            else coalesce(lower({{ clean_text('kind') }}), 'sale')
        end as string
    ) as payment_kind,
    {{ converted('amount') }} as amount,
    {{ converted('fee_amount') }} as fee,
    cast(paid_at as timestamp) as paid_at
from priced_payments
