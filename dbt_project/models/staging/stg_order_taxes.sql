{{ config(materialized='ephemeral') }}

with taxes as (
    select
        delivered.order_id,
        delivered.line_number,
        delivered.title,
        delivered.jurisdiction,
        delivered.rate,
        delivered.taxable_amount,
        delivered.amount,
        delivered.collected_by,
        delivered._delivery_id as delivery_id,
        delivered._line as line_in_file
    from {{ source('delivered', 'tax_lines') }} as delivered
    {{ without_superseded('tax_lines') }}
),

foreign_orders as (
    select
        order_id,
        exchange_rate
    from {{ ref('int_foreign_orders') }}
),

priced_taxes as (
    select
        taxes.order_id,
        taxes.line_number,
        taxes.title,
        taxes.jurisdiction,
        taxes.rate,
        taxes.taxable_amount,
        taxes.amount,
        taxes.collected_by,
        taxes.delivery_id,
        taxes.line_in_file,
        cast(coalesce(foreign_orders.exchange_rate, 1) as decimal(19, 8)) as exchange_rate
    from taxes
    left join foreign_orders on taxes.order_id = foreign_orders.order_id
)

select
    cast(order_id as string) as order_id,
    cast(
        row_number() over (
            partition by order_id
            order by delivery_id asc nulls last, line_in_file asc nulls last
        ) as bigint
    ) as tax_number,
    cast(line_number as bigint) as line_number,
    cast({{ clean_text('title') }} as string) as tax_title,
    cast({{ clean_text('jurisdiction') }} as string) as jurisdiction,
    cast(rate as decimal(18, 6)) as tax_rate,
    {{ converted('taxable_amount') }} as taxable_amount,
    {{ converted('amount') }} as amount,
    cast(coalesce(lower({{ clean_text('collected_by') }}), 'unknown') as string) as collected_by
from priced_taxes
