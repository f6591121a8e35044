{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='returned_date',
        on_schema_change='fail',
        meta={'changes_of': 'returns'}
    )
}}

with affected_days as (
    {{ affected_days('returns', 'returned_date') }}
),

returns as (
    select
        return_id,
        returned_date,
        returned_at,
        order_id,
        line_number,
        customer_id,
        product_id,
        reason,
        quantity,
        refund
    from {{ ref('stg_returns') }}
    where {{ in_increment('returned_date', 'affected_days') }}
),

product_spans as (
    select
        product_id,
        is_product,
        valid_from,
        valid_to
    from {{ ref('int_product_spans') }}
)

select
    cast(returns.return_id as string) as return_id,
    cast(returns.returned_date as date) as returned_date,
    cast(returns.returned_at as timestamp) as returned_at,
    cast(returns.order_id as string) as order_id,
    cast(returns.line_number as integer) as line_number,
    cast(returns.customer_id as string) as customer_id,
    cast(returns.product_id as string) as product_id,
    cast(coalesce(product_spans.is_product, true) as boolean) as is_product,
    cast(returns.reason as string) as reason,
    cast(returns.quantity as integer) as quantity,
    cast(returns.refund as decimal(18, 2)) as refund,
    cast(affected_days.change_number as bigint) as change_number
from returns
left join product_spans
    on
        returns.product_id = product_spans.product_id
        and returns.returned_date >= product_spans.valid_from
        and returns.returned_date < product_spans.valid_to
left join affected_days on returns.returned_date = affected_days.returned_date
