{%- set changes_of = {'fct_orders': 'order_date'} -%}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='month_start_date',
        on_schema_change='fail',
        meta={'changes_of': changes_of, 'period': 'month'}
    )
}}

with affected_months as (
    {{ affected_days(changes_of, 'month_start_date', 'month') }}
),

-- A filter on a month would read all rows; days let the engine skip what is stored elsewhere.
affected_dates as ( -- noqa: ST03, only an increment uses it
    select distinct orders.order_date
    from {{ ref('fct_orders') }} as orders
    inner join affected_months
        on {{ dbt.date_trunc('month', 'orders.order_date') }} = affected_months.month_start_date
),

orders as (
    select
        order_id,
        customer_id,
        order_date,
        order_at,
        is_sale,
        channel,
        country,
        net,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start_date
    from {{ ref('fct_orders') }}
    where {{ in_increment('order_date', 'affected_dates') }}
),

customer_months as (
    select
        customer_id,
        month_start_date,
        max(order_date) as last_order_date,
        count(*) filter (where is_sale) as sale_count,
        coalesce(sum(net) filter (where is_sale), 0) as net,
        min(order_date) filter (where is_sale) as first_sale_date,
        max(order_date) filter (where is_sale) as last_sale_date,
        {{ earliest('channel', ['order_at', 'order_id']) }} filter (where is_sale) as first_sale_channel,
        {{ latest('country', ['order_at', 'order_id']) }} filter (where is_sale) as last_sale_country
    from orders
    group by customer_id, month_start_date
)

select
    cast(customer_months.customer_id as string) as customer_id,
    cast(customer_months.month_start_date as date) as month_start_date,
    cast(customer_months.last_order_date as date) as last_order_date,
    cast(customer_months.sale_count as bigint) as sale_count,
    cast(customer_months.net as decimal(18, 2)) as net,
    cast(customer_months.first_sale_date as date) as first_sale_date,
    cast(customer_months.last_sale_date as date) as last_sale_date,
    cast(customer_months.first_sale_channel as string) as first_sale_channel,
    cast(customer_months.last_sale_country as string) as last_sale_country,
    cast(affected_months.change_number as bigint) as change_number
from customer_months
left join affected_months on customer_months.month_start_date = affected_months.month_start_date
