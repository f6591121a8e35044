{{
    config(
        materialized='incremental',
        incremental_strategy='replace_deliveries',
        on_schema_change='fail'
    )
}}

with deliveries as (
    {{ deliveries_to_add(['order_lines']) }}
),

sales as (
    select
        order_id,
        line_number,
        invoice_at,
        invoice_date,
        customer_id,
        order_status,
        channel,
        country,
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
        delivery_id
    from {{ ref('int_order_lines') }}
    where
        line_type = 'sale'
        and delivery_id in (select deliveries.delivery_id from deliveries)
)

select
    cast(order_id as string) as order_id,
    cast(
        {{ earliest('customer_id', ['line_number']) }} filter (where customer_id is not null) as string
    ) as customer_id,
    cast(min(invoice_at) as timestamp) as order_at,
    cast(min(invoice_date) as date) as order_date,
    cast({{ earliest('order_status', ['line_number']) }} as string) as order_status,
    cast({{ earliest('channel', ['line_number']) }} filter (where channel is not null) as string) as channel,
    cast({{ earliest('country', ['line_number']) }} filter (where country is not null) as string) as country,
    {%- for name, type in order_values().items() %}
        cast({{ earliest(name, ['line_number']) }} filter (where {{ name }} is not null) as {{ type }}) as {{ name }},
    {%- endfor %}
    cast(delivery_id as string) as delivery_id
from sales
group by delivery_id, order_id
