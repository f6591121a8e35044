{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

with affected_days as ( -- noqa: ST03, only an increment uses it
    {{ affected_days('orders', 'order_date') }}
),

orders as (
    select
        order_id,
        order_date,
        is_sale,
        net,
        captured,
        change_number
    from {{ ref('fct_orders') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

payments as (
    select
        payment_id,
        order_id,
        attempt_number,
        payment_method,
        payment_status,
        payment_kind,
        amount,
        fee,
        case
            when payment_status = 'succeeded' and payment_kind in ('sale', 'capture') then amount
            else 0
        end as captured,
        paid_at
    from {{ ref('stg_payments') }}
    where {{ in_increment('order_id', 'orders') }}
),

-- A payment whose order has not arrived has no day and waits in raw.
payments_in_context as (
    select
        payments.payment_id,
        payments.order_id,
        orders.order_date,
        payments.paid_at,
        payments.attempt_number,
        payments.payment_method,
        payments.payment_status,
        payments.payment_kind,
        orders.is_sale,
        payments.amount,
        payments.fee,
        payments.captured,
        orders.captured as order_captured,
        orders.net as order_net,
        orders.change_number
    from payments
    inner join orders on payments.order_id = orders.order_id
),

-- Few orders are captured in parts; only theirs are put in order and shared out.
split_captures as (
    select
        payment_id,
        captured,
        order_captured,
        cast(order_net * 100 as bigint) as order_net_cents,
        sum(captured) over (
            partition by order_id order by attempt_number asc nulls last, payment_id asc nulls last
            rows between unbounded preceding and current row
        ) - captured as captured_before
    from payments_in_context
    where
        captured > 0
        and captured < order_captured
),

captured_parts as (
    select
        payment_id,
        captured_before,
        {{ captured_part('order_net_cents', 'captured', 'captured_before', 'order_captured') }} as cents
    from split_captures
),

shared_payments as (
    select
        payments_in_context.payment_id,
        payments_in_context.order_id,
        payments_in_context.order_date,
        payments_in_context.paid_at,
        payments_in_context.attempt_number,
        payments_in_context.payment_method,
        payments_in_context.payment_status,
        payments_in_context.payment_kind,
        payments_in_context.is_sale,
        payments_in_context.amount,
        payments_in_context.fee,
        payments_in_context.captured,
        coalesce(captured_parts.captured_before, 0) as captured_before,
        payments_in_context.order_captured,
        case
            when captured_parts.payment_id is not null then cast(captured_parts.cents as decimal(18, 0)) * 0.01
            when payments_in_context.captured > 0 then payments_in_context.order_net
            else 0
        end as net,
        payments_in_context.change_number
    from payments_in_context
    left join captured_parts on payments_in_context.payment_id = captured_parts.payment_id
)

select
    cast(payment_id as string) as payment_id,
    cast(order_id as string) as order_id,
    cast(order_date as date) as order_date,
    cast(paid_at as timestamp) as paid_at,
    cast(attempt_number as integer) as attempt_number,
    cast(payment_method as string) as payment_method,
    cast(payment_status as string) as payment_status,
    cast(payment_kind as string) as payment_kind,
    cast(is_sale as boolean) as is_sale,
    cast(amount as decimal(18, 2)) as amount,
    cast(fee as decimal(18, 2)) as fee,
    cast(captured as decimal(18, 2)) as captured,
    cast(captured_before as decimal(18, 2)) as captured_before,
    cast(order_captured as decimal(18, 2)) as order_captured,
    cast(net as decimal(18, 2)) as net,
    cast(change_number as bigint) as change_number
from shared_payments
