{%- set changes_of = {'fct_transactions': 'order_date'} -%}

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
        country,
        channel,
        category,
        is_product,
        quantity,
        net,
        estimated_profit
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and {{ in_increment('order_date', 'affected_days') }}
),

order_categories as (
    select
        order_id,
        order_date,
        country,
        channel,
        category,
        sum(case when is_product then quantity else 0 end) as units_sold,
        sum(net) as net,
        {{ sum_if_known('estimated_profit') }} as estimated_profit
    from transactions
    group by order_id, order_date, country, channel, category
),

orders as (
    select
        order_id,
        count(*) as category_count,
        min(category) as first_category,
        max(category) as last_category
    from order_categories
    group by order_id
),

-- Joined are only the baskets whose text the first and last category do not tell: joining takes much memory.
long_baskets as (
    select
        order_categories.order_id,
        {{ joined_in_order('order_categories.category') }} as basket
    from order_categories
    inner join orders on order_categories.order_id = orders.order_id
    where orders.category_count > 2
    group by order_categories.order_id
),

baskets as (
    select
        orders.order_id,
        case orders.category_count
            when 1 then orders.first_category
            when 2 then orders.first_category || ' + ' || orders.last_category
            else long_baskets.basket
        end as basket
    from orders
    left join long_baskets on orders.order_id = long_baskets.order_id
),

-- Every order of a basket has an item of each of its categories, so each row of a basket counts the same orders.
sales_mix as (
    select
        order_categories.order_date,
        order_categories.country,
        order_categories.channel,
        baskets.basket,
        order_categories.category,
        count(*) as order_count,
        sum(order_categories.units_sold) as units_sold,
        sum(order_categories.net) as net,
        {{ sum_if_known('order_categories.estimated_profit') }} as estimated_profit
    from order_categories
    inner join baskets on order_categories.order_id = baskets.order_id
    group by
        order_categories.order_date,
        order_categories.country,
        order_categories.channel,
        baskets.basket,
        order_categories.category
)

select
    cast(sales_mix.order_date as date) as order_date,
    cast(sales_mix.country as string) as country,
    cast(sales_mix.channel as string) as channel,
    cast(sales_mix.basket as string) as basket,
    cast(sales_mix.category as string) as category,
    cast(sales_mix.order_count as bigint) as order_count,
    cast(sales_mix.units_sold as decimal(18, 3)) as units_sold,
    cast(sales_mix.net as decimal(18, 2)) as net,
    cast(sales_mix.estimated_profit as decimal(18, 2)) as estimated_profit,
    cast(affected_days.change_number as bigint) as change_number
from sales_mix
left join affected_days on sales_mix.order_date = affected_days.order_date
