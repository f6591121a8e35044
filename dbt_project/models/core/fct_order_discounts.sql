{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

with affected_days as ( -- noqa: ST03, only an increment uses it
    {{ affected_days('orders', 'order_date') }}
),

orders as (
    select
        order_id,
        order_date,
        is_sale,
        change_number
    from {{ ref('fct_orders') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

discounts as (
    select
        order_id,
        discount_number,
        discount_code,
        discount_kind,
        amount
    from {{ ref('stg_order_discounts') }}
    where {{ in_increment('order_id', 'orders') }}
)

-- What is of an order that has not arrived has no day and waits in raw.
select
    cast(discounts.order_id as string) as order_id,
    cast(discounts.discount_number as bigint) as discount_number,
    cast(orders.order_date as date) as order_date,
    cast(discounts.discount_code as string) as discount_code,
    cast(discounts.discount_kind as string) as discount_kind,
    cast(discounts.amount as decimal(18, 2)) as amount,
    cast(orders.is_sale as boolean) as is_sale,
    cast(orders.change_number as bigint) as change_number
from discounts
inner join orders on discounts.order_id = orders.order_id
