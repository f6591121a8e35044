{%- set moment = 'order_at' if order_day() == 'created' else order_day() ~ '_at' -%}
{%- set day = 'orders.order_date' if moment == 'order_at' else local_day('orders.' ~ moment, 'client.time_zone') -%}

with orders as (
    select
        delivered.order_id,
        delivered.customer_id,
        delivered.order_at,
        delivered.order_date,
        delivered.status,
        delivered.channel,
        delivered.country,
        {%- for name in order_attributes() %}
            delivered.{{ name }},
        {%- endfor %}
        delivered.currency,
        delivered.tax_inside,
        delivered.is_test,
        delivered.cancelled_at,
        delivered.processed_at,
        delivered.paid_at,
        delivered.completed_at,
        delivered.discount_amount,
        delivered.tax_amount,
        delivered.shipping_amount,
        delivered.fee_amount,
        delivered.tip_amount,
        delivered.duty_amount,
        delivered.rounding_amount,
        delivered.credit_amount,
        delivered.total_amount
    from {{ source('delivered', 'orders') }} as delivered
    {{ without_superseded('orders') }}
    union all
    select
        delivered.order_id,
        delivered.customer_id,
        delivered.order_at,
        delivered.order_date,
        delivered.order_status as status,
        delivered.channel,
        delivered.country,
        {%- for name in order_attributes() %}
            delivered.{{ name }},
        {%- endfor %}
        delivered.currency,
        delivered.tax_inside,
        delivered.is_test,
        delivered.cancelled_at,
        delivered.processed_at,
        delivered.paid_at,
        delivered.completed_at,
        delivered.order_discount_amount as discount_amount,
        delivered.tax_amount,
        delivered.shipping_amount,
        delivered.fee_amount,
        delivered.tip_amount,
        delivered.duty_amount,
        delivered.rounding_amount,
        delivered.credit_amount,
        delivered.total_amount
    from {{ ref('int_line_orders') }} as delivered
    {{ without_superseded('orders', 'delivery_id') }}
),

client as (
    select
        currency,
        time_zone,
        tax_position,
        pseudonym_inner_pad,
        pseudonym_outer_pad,
        customer_ids
    from {{ ref('stg_client') }}
),

foreign_orders as (
    select
        order_id,
        exchange_rate
    from {{ ref('int_foreign_orders') }}
),

-- An order waits while it has no date that it counts on, or there is no rate for its currency.
priced_orders as (
    select
        orders.order_id,
        {{ customer_pseudonym('orders.customer_id') }} as customer_id,
        orders.order_at,
        orders.{{ moment }} as counted_at,
        {{ day }} as order_date,
        orders.status,
        orders.cancelled_at,
        orders.processed_at,
        orders.paid_at,
        orders.completed_at,
        {{ local_day('orders.cancelled_at', 'client.time_zone') }} as cancelled_date,
        orders.channel,
        orders.country,
        orders.region,
        orders.city,
        {{ personal('orders.postal_code') }} as postal_code,
        orders.source,
        orders.medium,
        orders.campaign,
        orders.landing_page,
        orders.device,
        orders.edited_at,
        orders.source_status,
        orders.payment_status,
        orders.fulfilment_status,
        coalesce(orders.currency, client.currency) as currency,
        coalesce(orders.tax_inside, client.tax_position = 'inside') as is_tax_inside,
        coalesce(orders.is_test, false) as is_test,
        cast(
            case when foreign_orders.order_id is null then 1 else foreign_orders.exchange_rate end as decimal(19, 8)
        ) as exchange_rate,
        orders.discount_amount,
        orders.tax_amount,
        orders.shipping_amount,
        orders.fee_amount,
        orders.tip_amount,
        orders.duty_amount,
        orders.rounding_amount,
        orders.credit_amount,
        orders.total_amount
    from orders
    cross join client
    left join foreign_orders on orders.order_id = foreign_orders.order_id
    where
        (foreign_orders.order_id is null or foreign_orders.exchange_rate is not null)
        and orders.{{ moment }} is not null
        and {{ is_counted_yet(day) }}
)

select
    cast(order_id as string) as order_id,
    cast(coalesce(nullif(customer_id, ''), 'unknown') as string) as customer_id,
    cast(order_at as timestamp) as order_at,
    cast(order_date as date) as order_date,
    cast(
        case
            when cancelled_date is not null and {{ is_counted_yet('cancelled_date') }} then 'cancelled'
            else lower({{ clean_text('status') }})
        end as string
    ) as order_status,
    cast(cancelled_at as timestamp) as cancelled_at,
    cast(processed_at as timestamp) as processed_at,
    cast(paid_at as timestamp) as paid_at,
    cast(completed_at as timestamp) as completed_at,
    cast(counted_at as timestamp) as counted_at,
    cast(cancelled_date as date) as cancelled_date,
    cast(coalesce(lower({{ clean_text('channel') }}), 'unknown') as string) as channel,
    cast(coalesce({{ clean_text('country') }}, 'unknown') as string) as country,
    cast({{ clean_text('region') }} as string) as region,
    cast({{ clean_text('city') }} as string) as city,
    cast({{ clean_text('postal_code') }} as string) as postal_code,
    cast({{ clean_text('source') }} as string) as source,  -- noqa: RF04
    cast({{ clean_text('medium') }} as string) as medium,
    cast({{ clean_text('campaign') }} as string) as campaign,
    -- What follows may say who came.
    cast(
        {{ clean_text(dbt.split_part(dbt.split_part('landing_page', "'?'", 1), "'#'", 1)) }} as string
    ) as landing_page,
    cast({{ clean_text('device') }} as string) as device,
    cast(edited_at as timestamp) as edited_at,
    cast({{ clean_text('source_status') }} as string) as source_status,
    cast({{ clean_text('payment_status') }} as string) as payment_status,
    cast({{ clean_text('fulfilment_status') }} as string) as fulfilment_status,
    cast(currency as string) as currency,
    cast(exchange_rate as decimal(18, 8)) as exchange_rate,
    cast(is_tax_inside as boolean) as is_tax_inside,
    cast(is_test as boolean) as is_test,
    {{ converted('coalesce(discount_amount, 0)') }} as order_discount,
    {{ converted('coalesce(tax_amount, 0)') }} as tax,
    {{ converted('coalesce(shipping_amount, 0)') }} as shipping,
    {{ converted('coalesce(fee_amount, 0)') }} as fees,
    {{ converted('coalesce(tip_amount, 0)') }} as tips,
    {{ converted('coalesce(duty_amount, 0)') }} as duties,
    {{ converted('coalesce(rounding_amount, 0)') }} as rounding,
    {{ converted('coalesce(credit_amount, 0)') }} as credit,
    {{ converted('total_amount') }} as source_total
from priced_orders
