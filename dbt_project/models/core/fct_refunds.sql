{%- set changes_of = {'int_refunds': 'refunded_date'} -%}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='refunded_date',
        on_schema_change='fail',
        meta={'changes_of': changes_of}
    )
}}

with affected_days as (
    {{ affected_days(changes_of, 'refunded_date') }}
),

-- What a refund is of follows from its order and all refunds of that before it, so it is worked out for all at once.
refunds as (
    select
        refund_id,
        order_id,
        line_number,
        product_id,
        is_product,
        customer_id,
        refunded_at,
        refunded_date,
        quantity,
        units_restocked,
        reason,
        goods_amount,
        tax_amount,
        shipping_amount,
        other_amount,
        refund_amount,
        is_split,
        has_order,
        is_counted
    from {{ ref('int_refunds') }}
    where {{ in_increment('refunded_date', 'affected_days') }}
)

select
    cast(refunds.refund_id as string) as refund_id,
    cast(refunds.refunded_date as date) as refunded_date,
    cast(refunds.refunded_at as timestamp) as refunded_at,
    cast(refunds.order_id as string) as order_id,
    cast(refunds.line_number as bigint) as line_number,
    cast(refunds.customer_id as string) as customer_id,
    cast(refunds.product_id as string) as product_id,
    cast(refunds.is_product as boolean) as is_product,
    cast(refunds.reason as string) as reason,
    cast(refunds.quantity as decimal(18, 3)) as quantity,
    cast(refunds.units_restocked as decimal(18, 3)) as units_restocked,
    cast(refunds.goods_amount as decimal(18, 2)) as goods_amount,
    cast(refunds.tax_amount as decimal(18, 2)) as tax_amount,
    cast(refunds.shipping_amount as decimal(18, 2)) as shipping_amount,
    cast(refunds.other_amount as decimal(18, 2)) as other_amount,
    cast(refunds.refund_amount as decimal(18, 2)) as refund_amount,
    cast(refunds.is_split as boolean) as is_split,
    cast(refunds.has_order as boolean) as has_order,
    cast(refunds.is_counted as boolean) as is_counted,
    cast(affected_days.change_number as bigint) as change_number
from refunds
left join affected_days on refunds.refunded_date = affected_days.refunded_date
