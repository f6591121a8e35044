{%- set changes_of = {
    'fct_orders': 'order_date', 'fct_transactions': 'order_date', 'fct_payments': 'order_date'
} -%}

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

transactions as (
    select
        order_id,
        order_date,
        product_id,
        net
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and {{ in_increment('order_date', 'affected_days') }}
),

split_payments as (
    select
        order_id,
        payment_id,
        payment_method,
        captured,
        captured_before,
        order_captured
    from {{ ref('fct_payments') }}
    where
        is_sale
        and captured > 0
        and captured < order_captured
        and {{ in_increment('order_date', 'affected_days') }}
),

-- What one method paid in full, which is nearly everything, needs no sharing out.
order_methods as (
    select
        order_id,
        payment_method
    from {{ ref('fct_payments') }}
    where
        is_sale
        and captured > 0
        and captured = order_captured
        and {{ in_increment('order_date', 'affected_days') }}

    union all

    select
        order_id,
        'none' as payment_method
    from {{ ref('fct_orders') }}
    where
        {{ is_sale_without_capture() }}
        and {{ in_increment('order_date', 'affected_days') }}
),

cumulated_items as (
    select
        order_id,
        order_date,
        line_number,
        product_id,
        cast(net * 100 as bigint) as net_cents,
        cast(
            sum(net) over (
                partition by order_id order by line_number asc nulls last
                rows between unbounded preceding and current row
            ) * 100 as bigint
        ) as cumulated_cents
    from {{ ref('fct_transactions') }}
    where
        order_id in (select split_payments.order_id from split_payments)
        and {{ in_increment('order_date', 'affected_days') }}
),

-- Items are cumulated as payments are, so that the cents fit both the item's net and the payment's part of the order.
split_items as (
    select
        cumulated_items.order_id,
        cumulated_items.order_date,
        cumulated_items.line_number,
        cumulated_items.product_id,
        split_payments.payment_method,
        {{ captured_part('cumulated_cents', 'captured', 'captured_before', 'order_captured') }}
        - (
            {{ captured_part('(cumulated_cents - net_cents)', 'captured', 'captured_before', 'order_captured') }}
        ) as cents
    from cumulated_items
    inner join split_payments on cumulated_items.order_id = split_payments.order_id
),

method_items as (
    select
        transactions.order_date,
        transactions.product_id,
        order_methods.payment_method,
        count(*) as item_count,
        sum(transactions.net) as net
    from transactions
    inner join order_methods on transactions.order_id = order_methods.order_id
    group by transactions.order_date, transactions.product_id, order_methods.payment_method

    union all

    select
        order_date,
        product_id,
        payment_method,
        count(distinct order_id || ' ' || cast(line_number as string)) as item_count,
        sum(cents) * 0.01 as net
    from split_items
    group by order_date, product_id, payment_method
),

product_methods as (
    select
        order_date,
        product_id,
        payment_method,
        sum(item_count) as item_count,
        cast(sum(net) as decimal(18, 2)) as net
    from method_items
    group by order_date, product_id, payment_method
)

select
    cast(product_methods.order_date as date) as order_date,
    cast(product_methods.product_id as string) as product_id,
    cast(product_methods.payment_method as string) as payment_method,
    cast(product_methods.item_count as bigint) as item_count,
    cast(product_methods.net as decimal(18, 2)) as net,
    cast(affected_days.change_number as bigint) as change_number
from product_methods
left join affected_days on product_methods.order_date = affected_days.order_date
