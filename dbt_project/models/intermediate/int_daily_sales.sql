{%- set changes_of = {
    'fct_orders': 'order_date', 'fct_returns': 'returned_date', 'int_channel_days': 'order_date'
} -%}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='calendar_date',
        on_schema_change='fail',
        meta={'changes_of': changes_of}
    )
}}

with affected_days as (
    {{ affected_days(changes_of, 'calendar_date') }}
),

sales as (
    select
        order_date as calendar_date,
        order_count,
        units_sold,
        gross,
        discount,
        net,
        estimated_profit,
        uncosted_item_count
    from {{ ref('int_channel_days') }}
    where {{ in_increment('order_date', 'affected_days', 'calendar_date') }}
),

buyers as (
    select
        order_date as calendar_date,
        customer_id
    from {{ ref('fct_orders') }}
    where
        is_sale
        and customer_id <> 'unknown'
        and {{ in_increment('order_date', 'affected_days', 'calendar_date') }}
),

returns as (
    select
        returned_date as calendar_date,
        is_product,
        quantity,
        refund
    from {{ ref('fct_returns') }}
    where {{ in_increment('returned_date', 'affected_days', 'calendar_date') }}
),

daily_sales as (
    select
        calendar_date,
        sum(order_count) as order_count,
        sum(units_sold) as units_sold,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net,
        {{ sum_if_known('estimated_profit') }} as estimated_profit,
        sum(uncosted_item_count) as uncosted_item_count
    from sales
    group by calendar_date
),

daily_buyers as (
    select
        calendar_date,
        count(distinct customer_id) as active_customers
    from buyers
    group by calendar_date
),

daily_returns as (
    select
        calendar_date,
        count(*) filter (where quantity > 0) as return_count,
        sum(quantity) filter (where is_product) as returned_units,
        sum(refund) as refunds
    from returns
    group by calendar_date
),

days as (
    select calendar_date from daily_sales
    union distinct
    select calendar_date from daily_returns
)

select
    cast(days.calendar_date as date) as calendar_date,
    cast(coalesce(daily_sales.order_count, 0) as bigint) as order_count,
    cast(coalesce(daily_buyers.active_customers, 0) as bigint) as active_customers,
    cast(coalesce(daily_sales.units_sold, 0) as decimal(18, 3)) as units_sold,
    cast(coalesce(daily_sales.gross, 0) as decimal(18, 2)) as gross,
    cast(coalesce(daily_sales.discount, 0) as decimal(18, 2)) as discount,
    cast(coalesce(daily_sales.net, 0) as decimal(18, 2)) as net,
    cast(
        case when daily_sales.calendar_date is null then 0 else daily_sales.estimated_profit end as decimal(18, 2)
    ) as estimated_profit,
    cast(coalesce(daily_sales.uncosted_item_count, 0) as bigint) as uncosted_item_count,
    cast(coalesce(daily_returns.return_count, 0) as bigint) as return_count,
    cast(coalesce(daily_returns.returned_units, 0) as decimal(18, 3)) as returned_units,
    cast(coalesce(daily_returns.refunds, 0) as decimal(18, 2)) as refunds,
    cast(affected_days.change_number as bigint) as change_number
from days
left join daily_sales on days.calendar_date = daily_sales.calendar_date
left join daily_buyers on days.calendar_date = daily_buyers.calendar_date
left join daily_returns on days.calendar_date = daily_returns.calendar_date
left join affected_days on days.calendar_date = affected_days.calendar_date
