{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

with affected_days as (
    {{ affected_days('orders', 'order_date') }}
),

client as (
    select has_payments
    from {{ ref('stg_client') }}
),

orders as (
    select
        order_id,
        customer_id,
        order_at,
        order_date,
        order_status,
        channel,
        country,
        order_discount,
        tax,
        shipping
    from {{ ref('stg_orders') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

transactions as (
    select
        order_id,
        gross,
        line_discount,
        excess_discount
    from {{ ref('stg_transactions') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

payments as (
    select
        order_id,
        amount,
        payment_status = 'succeeded' as has_succeeded
    from {{ ref('stg_payments') }}
    where {{ in_increment('order_id', 'orders') }}
),

order_items as (
    select
        order_id,
        count(*) as item_count,
        cast(sum(gross) as decimal(18, 2)) as gross,
        cast(sum(line_discount) as decimal(18, 2)) as line_discount,
        cast(sum(excess_discount) as decimal(18, 2)) as excess_discount
    from transactions
    group by order_id
),

order_payments as (
    select
        order_id,
        cast(sum(case when has_succeeded then amount else 0 end) as decimal(18, 2)) as captured,
        count(*) filter (where has_succeeded) = 0 as has_only_failed
    from payments
    group by order_id
),

-- A discount is taken up to what the goods are still worth: nothing where no item of the order could be loaded.
order_amounts as (
    select
        orders.order_id,
        orders.order_date,
        orders.order_at,
        orders.customer_id,
        orders.order_status,
        orders.channel,
        orders.country,
        orders.tax,
        orders.shipping,
        coalesce(order_items.item_count, 0) as item_count,
        coalesce(order_items.gross, 0) as gross,
        case
            when order_items.order_id is null then 0
            else least(orders.order_discount, order_items.gross - order_items.line_discount)
        end as order_discount,
        coalesce(order_items.line_discount, 0) as line_discount,
        case
            when order_items.order_id is null then 0
            else
                order_items.excess_discount
                + greatest(orders.order_discount - (order_items.gross - order_items.line_discount), 0)
        end as excess_discount,
        coalesce(order_payments.captured, 0) as captured,
        coalesce(order_payments.has_only_failed, false) as has_only_failed
    from orders
    left join order_items on orders.order_id = order_items.order_id
    left join order_payments on orders.order_id = order_payments.order_id
),

order_totals as (
    select
        order_id,
        order_date,
        order_at,
        customer_id,
        order_status,
        channel,
        country,
        item_count,
        gross,
        order_discount,
        order_discount + line_discount as discount,
        excess_discount,
        gross - order_discount - line_discount as net,
        tax,
        shipping,
        gross - order_discount - line_discount + tax + shipping as total,
        captured,
        has_only_failed
    from order_amounts
),

order_states as (
    select
        order_totals.order_id,
        order_totals.order_date,
        order_totals.order_at,
        order_totals.customer_id,
        order_totals.order_status,
        order_totals.channel,
        order_totals.country,
        order_totals.item_count,
        order_totals.gross,
        order_totals.order_discount,
        order_totals.discount,
        order_totals.excess_discount,
        order_totals.net,
        order_totals.tax,
        order_totals.shipping,
        order_totals.total,
        order_totals.captured,
        case
            when not client.has_payments then 'not_tracked'
            -- A charge that failed says that something was due, also where the total is 0.
            when order_totals.has_only_failed then 'unpaid'
            when order_totals.captured > order_totals.total then 'overpaid'
            when order_totals.captured = order_totals.total then 'paid'
            when order_totals.captured > 0 then 'partially_paid'
            else 'unpaid'
        end as payment_state
    from order_totals
    cross join client
)

select
    cast(order_states.order_id as string) as order_id,
    cast(order_states.order_date as date) as order_date,
    cast(order_states.order_at as timestamp) as order_at,
    cast(order_states.customer_id as string) as customer_id,
    cast(order_states.order_status as string) as order_status,
    cast(order_states.payment_state as string) as payment_state,
    cast(
        order_states.item_count > 0
        and order_states.order_status <> 'cancelled'
        and (order_states.payment_state <> 'unpaid' or order_states.total <= 0) as boolean
    ) as is_sale,
    cast(order_states.channel as string) as channel,
    cast(order_states.country as string) as country,
    cast(order_states.item_count as bigint) as item_count,
    cast(order_states.gross as decimal(18, 2)) as gross,
    cast(order_states.order_discount as decimal(18, 2)) as order_discount,
    cast(order_states.discount as decimal(18, 2)) as discount,
    cast(order_states.excess_discount as decimal(18, 2)) as excess_discount,
    cast(order_states.net as decimal(18, 2)) as net,
    cast(order_states.tax as decimal(18, 2)) as tax,
    cast(order_states.shipping as decimal(18, 2)) as shipping,
    cast(order_states.total as decimal(18, 2)) as total,
    cast(order_states.captured as decimal(18, 2)) as captured,
    cast(affected_days.change_number as bigint) as change_number
from order_states
left join affected_days on order_states.order_date = affected_days.order_date
