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

taxes as (
    select
        order_id,
        tax_number,
        line_number,
        tax_title,
        jurisdiction,
        tax_rate,
        taxable_amount,
        amount,
        collected_by
    from {{ ref('stg_order_taxes') }}
    where {{ in_increment('order_id', 'orders') }}
)

-- What is of an order that has not arrived has no day and waits in raw.
select
    cast(taxes.order_id as string) as order_id,
    cast(taxes.tax_number as bigint) as tax_number,
    cast(orders.order_date as date) as order_date,
    cast(taxes.line_number as bigint) as line_number,
    cast(taxes.tax_title as string) as tax_title,
    cast(taxes.jurisdiction as string) as jurisdiction,
    cast(taxes.tax_rate as decimal(18, 6)) as tax_rate,
    cast(taxes.taxable_amount as decimal(18, 2)) as taxable_amount,
    cast(taxes.amount as decimal(18, 2)) as amount,
    cast(taxes.collected_by as string) as collected_by,
    cast(orders.is_sale as boolean) as is_sale,
    cast(orders.change_number as bigint) as change_number
from taxes
inner join orders on taxes.order_id = orders.order_id
