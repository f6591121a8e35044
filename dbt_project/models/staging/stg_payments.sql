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
)

select
    cast(payments.payment_id as string) as payment_id,
    cast(payments.order_id as string) as order_id,
    cast(payments.attempt_number as integer) as attempt_number,
    cast(coalesce(nullif(lower({{ clean_text('payments.method') }}), 'none'), 'unknown') as string) as payment_method,
    cast(lower({{ clean_text('payments.status') }}) as string) as payment_status,
    cast(
        case coalesce(lower({{ clean_text('payments.kind') }}), 'sale')
            when 'authorization' then 'authorisation'
            else coalesce(lower({{ clean_text('payments.kind') }}), 'sale')
        end as string
    ) as payment_kind,
    cast(
        payments.amount * cast(coalesce(foreign_orders.exchange_rate, 1) as decimal(19, 8)) as decimal(18, 2)
    ) as amount,
    cast(
        payments.fee_amount * cast(coalesce(foreign_orders.exchange_rate, 1) as decimal(19, 8)) as decimal(18, 2)
    ) as fee,
    cast(payments.paid_at as timestamp) as paid_at
from payments
left join foreign_orders on payments.order_id = foreign_orders.order_id
