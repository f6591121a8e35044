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
        order_date,
        product_id,
        category,
        is_product,
        is_sale,
        quantity,
        net
    from {{ ref('fct_transactions') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

product_days as (
    select
        order_date,
        product_id,
        category,
        is_product,
        count(*) filter (where is_sale) as item_count,
        coalesce(sum(quantity) filter (where is_sale), 0) as quantity,
        coalesce(sum(net) filter (where is_sale), 0) as net
    from transactions
    group by order_date, product_id, category, is_product
)

select
    cast(product_days.order_date as date) as order_date,
    cast(product_days.product_id as string) as product_id,
    cast(product_days.category as string) as category,
    cast(product_days.is_product as boolean) as is_product,
    cast(product_days.item_count as bigint) as item_count,
    cast(product_days.quantity as decimal(18, 3)) as quantity,
    cast(product_days.net as decimal(18, 2)) as net,
    cast(affected_days.change_number as bigint) as change_number
from product_days
left join affected_days on product_days.order_date = affected_days.order_date
