{{ config(materialized='ephemeral') }}

with discounts as (
    select
        delivered.order_id,
        delivered.code,
        delivered.kind,
        delivered.amount,
        delivered._delivery_id as delivery_id,
        delivered._line as line_in_file
    from {{ source('delivered', 'discount_codes') }} as delivered
    {{ without_superseded('discount_codes') }}
),

foreign_orders as (
    select
        order_id,
        exchange_rate
    from {{ ref('int_foreign_orders') }}
),

priced_discounts as (
    select
        discounts.order_id,
        discounts.code,
        discounts.kind,
        discounts.amount,
        discounts.delivery_id,
        discounts.line_in_file,
        cast(coalesce(foreign_orders.exchange_rate, 1) as decimal(19, 8)) as exchange_rate
    from discounts
    left join foreign_orders on discounts.order_id = foreign_orders.order_id
)

select
    cast(order_id as string) as order_id,
    cast(
        row_number() over (
            partition by order_id
            order by delivery_id asc nulls last, line_in_file asc nulls last
        ) as bigint
    ) as discount_number,
    cast({{ clean_text('code') }} as string) as discount_code,
    cast(coalesce(lower({{ clean_text('kind') }}), 'unknown') as string) as discount_kind,
    {{ converted('amount') }} as amount
from priced_discounts
