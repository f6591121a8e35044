{%- set changes_of = {'fct_orders': 'order_date', 'fct_payments': 'order_date'} -%}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': changes_of}
    )
}}

with affected_days as (
    {{ affected_days(changes_of, 'order_date') }}
),

payments as (
    select
        order_date,
        order_id,
        payment_method,
        payment_status,
        is_sale,
        captured,
        net
    from {{ ref('fct_payments') }}
    where
        {{ is_attempt() }}
        and {{ in_increment('order_date', 'affected_days') }}
),

uncaptured_sales as (
    select
        order_date,
        net
    from {{ ref('fct_orders') }}
    where
        {{ is_sale_without_capture() }}
        and {{ in_increment('order_date', 'affected_days') }}
),

payment_days as (
    select
        order_date,
        payment_method,
        count(*) as attempt_count,
        count(*) filter (where payment_status = 'succeeded') as succeeded_count,
        sum(captured) as captured,
        count(distinct order_id) filter (where is_sale and captured > 0) as order_count,
        coalesce(sum(net) filter (where is_sale), 0) as net
    from payments
    group by order_date, payment_method

    union all

    select
        order_date,
        'none' as payment_method,
        0 as attempt_count,
        0 as succeeded_count,
        0 as captured,
        count(*) as order_count,
        sum(net) as net
    from uncaptured_sales
    group by order_date
)

select
    cast(payment_days.order_date as date) as order_date,
    cast(payment_days.payment_method as string) as payment_method,
    cast(payment_days.attempt_count as bigint) as attempt_count,
    cast(payment_days.succeeded_count as bigint) as succeeded_count,
    cast(payment_days.captured as decimal(18, 2)) as captured,
    cast(payment_days.order_count as bigint) as order_count,
    cast(payment_days.net as decimal(18, 2)) as net,
    cast(affected_days.change_number as bigint) as change_number
from payment_days
left join affected_days on payment_days.order_date = affected_days.order_date
