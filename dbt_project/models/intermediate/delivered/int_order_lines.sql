{{
    config(
        materialized='incremental',
        incremental_strategy='replace_deliveries',
        on_schema_change='fail'
    )
}}

{%- set rules = line_rules() -%}

with deliveries as (
    {{ deliveries_to_add(['order_lines']) }}
),

client as (
    select time_zone
    from {{ source('raw', 'client') }}
),

delivered_lines as (
    select
        order_id,
        product_id,
        description,
        quantity,
        order_at,
        unit_price,
        customer_id,
        status,
        channel,
        country,
        discount_amount,
        line_total,
        line_tax_amount,
        unit_cost,
        variant_id,
        sku,
        currency,
        tax_inside,
        is_test,
        cancelled_at,
        processed_at,
        paid_at,
        completed_at,
        order_discount_amount,
        tax_amount,
        shipping_amount,
        fee_amount,
        tip_amount,
        duty_amount,
        rounding_amount,
        credit_amount,
        total_amount,
        {%- for name in order_attributes() %}
            {{ name }},
        {%- endfor %}
        _delivery_id as delivery_id,
        _line as line_in_file,
        {{ by_line_rules(rules, 'type', "'sale'") }} as line_type,
        {{ by_line_rules(rules, 'reason', 'null') }} as reason
    from {{ source('delivered', 'order_lines') }}
    where _delivery_id in (select deliveries.delivery_id from deliveries)
),

-- All lines of an invoice have its earliest moment, so that an invoice written over midnight has one day; a line that
-- is returned has its own, as it may have the number of the sale.
numbered_lines as (
    select
        order_id,
        product_id,
        description,
        quantity,
        unit_price,
        customer_id,
        status,
        channel,
        country,
        discount_amount,
        line_total,
        line_tax_amount,
        unit_cost,
        variant_id,
        sku,
        currency,
        tax_inside,
        is_test,
        cancelled_at,
        processed_at,
        paid_at,
        completed_at,
        order_discount_amount,
        tax_amount,
        shipping_amount,
        fee_amount,
        tip_amount,
        duty_amount,
        rounding_amount,
        credit_amount,
        total_amount,
        {%- for name in order_attributes() %}
            {{ name }},
        {%- endfor %}
        delivery_id,
        line_in_file,
        line_type,
        reason,
        order_at,
        case
            when line_type = 'return' then order_at
            else min(order_at) over (partition by delivery_id, order_id, line_type = 'return')
        end as invoice_at,
        row_number() over (
            partition by delivery_id, order_id
            order by line_in_file asc nulls last
        ) as line_number
    from delivered_lines
)

select
    cast(numbered_lines.order_id as string) as order_id,
    cast(numbered_lines.line_number as bigint) as line_number,
    cast(numbered_lines.line_type as string) as line_type,
    cast(numbered_lines.reason as string) as reason,
    cast(numbered_lines.invoice_at as timestamp) as invoice_at,
    cast({{ local_day('numbered_lines.invoice_at', 'client.time_zone') }} as date) as invoice_date,
    cast(numbered_lines.order_at as timestamp) as line_at,
    cast(numbered_lines.product_id as string) as product_id,
    cast(numbered_lines.description as string) as description,
    cast(numbered_lines.quantity as decimal(19, 3)) as quantity,
    cast(numbered_lines.unit_price as decimal(18, 4)) as unit_price,
    cast(numbered_lines.discount_amount as decimal(18, 2)) as line_discount,
    cast(numbered_lines.customer_id as string) as customer_id,
    cast(numbered_lines.status as string) as order_status,
    cast(numbered_lines.channel as string) as channel,
    cast(numbered_lines.country as string) as country,
    cast(numbered_lines.line_total as decimal(18, 2)) as line_total,
    cast(numbered_lines.line_tax_amount as decimal(18, 2)) as line_tax_amount,
    cast(numbered_lines.unit_cost as decimal(18, 4)) as unit_cost,
    cast(numbered_lines.variant_id as string) as variant_id,
    cast(numbered_lines.sku as string) as sku,
    {%- for name, type in order_values().items() %}
        cast(numbered_lines.{{ name }} as {{ type }}) as {{ name }},
    {%- endfor %}
    cast(numbered_lines.delivery_id as string) as delivery_id,
    cast(numbered_lines.line_in_file as bigint) as line_in_file
from numbered_lines
cross join client
