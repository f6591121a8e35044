{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

{%- set dates = affected_dates('orders', 'order_date') %}

with affected_days as ( -- noqa: ST03, only an increment uses it
    {{ affected_days('orders', 'order_date') }}
),

charges as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        charge_type,
        amount
    from {{ ref('stg_order_charges') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

orders as (
    select
        order_id,
        is_sale,
        is_sale_without_goods,
        change_number
    from {{ ref('fct_orders') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
)

select
    cast(charges.order_id as string) as order_id,
    cast(charges.line_number as bigint) as line_number,
    cast(charges.order_date as date) as order_date,
    cast(charges.product_id as string) as product_id,
    cast(charges.charge_type as string) as charge_type,
    cast(orders.is_sale or orders.is_sale_without_goods as boolean) as is_counted,
    cast(charges.amount as decimal(18, 2)) as amount,
    cast(orders.change_number as bigint) as change_number
from charges
inner join orders on charges.order_id = orders.order_id
