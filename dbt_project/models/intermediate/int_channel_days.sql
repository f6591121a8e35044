{%- set changes_of = {'fct_orders': 'order_date', 'fct_transactions': 'order_date'} -%}

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

orders as (
    select
        order_date,
        channel,
        country,
        gross,
        discount,
        net
    from {{ ref('fct_orders') }}
    where
        is_sale
        and {{ in_increment('order_date', 'affected_days') }}
),

transactions as (
    select
        order_date,
        channel,
        country,
        is_product,
        quantity,
        estimated_profit
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and {{ in_increment('order_date', 'affected_days') }}
),

order_amounts as (
    select
        order_date,
        channel,
        country,
        count(*) as order_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from orders
    group by order_date, channel, country
),

item_amounts as (
    select
        order_date,
        channel,
        country,
        sum(quantity) filter (where is_product) as units_sold,
        {{ sum_if_known('estimated_profit') }} as estimated_profit,
        count(*) - count(estimated_profit) as uncosted_item_count
    from transactions
    group by order_date, channel, country
)

select
    cast(order_amounts.order_date as date) as order_date,
    cast(order_amounts.channel as string) as channel,
    cast(order_amounts.country as string) as country,
    cast(order_amounts.order_count as bigint) as order_count,
    cast(coalesce(item_amounts.units_sold, 0) as decimal(18, 3)) as units_sold,
    cast(order_amounts.gross as decimal(18, 2)) as gross,
    cast(order_amounts.discount as decimal(18, 2)) as discount,
    cast(order_amounts.net as decimal(18, 2)) as net,
    cast(item_amounts.estimated_profit as decimal(18, 2)) as estimated_profit,
    cast(coalesce(item_amounts.uncosted_item_count, 0) as bigint) as uncosted_item_count,
    cast(affected_days.change_number as bigint) as change_number
from order_amounts
left join item_amounts
    on
        order_amounts.order_date = item_amounts.order_date
        and order_amounts.channel = item_amounts.channel
        and order_amounts.country = item_amounts.country
left join affected_days on order_amounts.order_date = affected_days.order_date
