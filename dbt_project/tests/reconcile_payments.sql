-- Every payment attempt of raw whose order has arrived is in core once, on the order's day, with its amounts to the
-- cent, and of the net of each day as much belongs to payments as its paid orders have.
with raw_payments as (
    select
        orders.order_date as data_date,
        count(*) as attempt_count,
        sum(payments.amount) as amount,
        sum(payments.amount) filter (
            where
            lower(trim(payments.status)) = 'succeeded'
            and (payments.kind is null or payments.kind in ('sale', 'capture'))
        ) as captured
    from {{ source('raw', 'payments') }} as payments
    inner join {{ source('raw', 'current_orders') }} as orders on payments.order_id = orders.order_id
    where payments.is_current
    group by orders.order_date
),

paid_orders as (
    select
        order_date as data_date,
        sum(net) as net
    from {{ ref('fct_orders') }}
    where captured > 0
    group by order_date
),

expected_days as (
    select
        raw_payments.data_date,
        raw_payments.attempt_count,
        raw_payments.amount,
        raw_payments.captured,
        paid_orders.net
    from raw_payments
    left join paid_orders on raw_payments.data_date = paid_orders.data_date
),

core_days as (
    select
        order_date as data_date,
        count(*) as attempt_count,
        sum(amount) as amount,
        sum(captured) as captured,
        sum(net) as net
    from {{ ref('fct_payments') }}
    group by order_date
)

{{ unequal_days('expected_days', 'core_days', ['attempt_count', 'amount', 'captured', 'net']) }}
