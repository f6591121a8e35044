{%- set changes_of = {'fct_refunds': 'refunded_date'} -%}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='returned_date',
        on_schema_change='fail',
        meta={'changes_of': changes_of}
    )
}}

with affected_days as (
    {{ affected_days(changes_of, 'returned_date') }}
),

refunds as (
    select
        refund_id,
        refunded_date,
        refunded_at,
        order_id,
        line_number,
        customer_id,
        product_id,
        is_product,
        reason,
        quantity,
        goods_amount
    from {{ ref('fct_refunds') }}
    where
        is_counted
        and {{ in_increment('refunded_date', 'affected_days', 'returned_date') }}
)

select
    cast(refunds.refund_id as string) as return_id,
    cast(refunds.refunded_date as date) as returned_date,
    cast(refunds.refunded_at as timestamp) as returned_at,
    cast(refunds.order_id as string) as order_id,
    cast(refunds.line_number as bigint) as line_number,
    cast(refunds.customer_id as string) as customer_id,
    cast(refunds.product_id as string) as product_id,
    cast(refunds.is_product as boolean) as is_product,
    cast(refunds.reason as string) as reason,
    cast(refunds.quantity as decimal(18, 3)) as quantity,
    cast(refunds.goods_amount as decimal(18, 2)) as refund,
    cast(affected_days.change_number as bigint) as change_number
from refunds
left join affected_days on refunds.refunded_date = affected_days.returned_date
