{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

{%- set dates = affected_dates('orders', 'order_date') %}

with affected_days as (
    {{ affected_days('orders', 'order_date') }}
),

client as (
    select
        has_payments,
        counts_unpaid,
        reverses_cancelled
    from {{ ref('stg_client') }}
),

orders as (
    select
        order_id,
        customer_id,
        order_at,
        processed_at,
        paid_at,
        completed_at,
        cancelled_at,
        order_date,
        order_status,
        channel,
        country,
        {%- for name in order_attributes() %}
            {{ name }},
        {%- endfor %}
        currency,
        exchange_rate,
        is_tax_inside,
        is_test,
        order_discount,
        tax,
        shipping,
        fees,
        tips,
        duties,
        rounding,
        credit,
        source_total
    from {{ ref('stg_orders') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

-- By itself, as a relation that is read twice is kept with all of its columns.
order_ids as ( -- noqa: ST03, only an increment uses it
    select order_id
    from {{ ref('stg_orders') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

lines as (
    select
        order_id,
        gross,
        line_discount,
        excess_discount,
        line_tax
    from {{ ref('stg_transactions') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

adjusted_lines as (
    select
        order_id,
        gross,
        discount,
        order_discount,
        tax_inside,
        is_tax_split
    from {{ ref('int_adjusted_lines') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

charge_lines as (
    select
        order_id,
        charge_type,
        amount,
        line_tax
    from {{ ref('stg_order_charges') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

payments as (
    select
        order_id,
        amount,
        payment_status = 'succeeded' as has_succeeded,
        payment_kind in ('sale', 'capture') as is_charge
    from {{ ref('stg_payments') }}
    where
        payment_kind in ('sale', 'capture', 'authorisation')
        and {{ in_increment('order_id', 'order_ids') }}
),

order_goods as (
    select
        order_id,
        count(*) as item_count,
        sum(gross) as gross,
        sum(line_discount) as line_discount,
        sum(excess_discount) as excess_discount,
        sum(line_tax) as line_tax
    from lines
    group by order_id
),

-- What an order's discount and the tax inside its prices leave of its goods.
order_adjustments as (
    select
        order_id,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(order_discount) as order_discount,
        sum(tax_inside) as tax_inside,
        max(case when is_tax_split then 1 else 0 end) = 1 as is_tax_split
    from adjusted_lines
    group by order_id
),

order_charges as (
    select
        order_id,
        sum(case when charge_type = 'gift_card' then amount else 0 end) as gift_cards,
        sum(case when charge_type = 'shipping' then amount else 0 end) as shipping,
        sum(case when charge_type = 'fee' then amount else 0 end) as fees,
        sum(case when charge_type = 'discount' then amount else 0 end) as discount,
        sum(line_tax) as line_tax,
        count(*) filter (where charge_type <> 'discount') as charge_count
    from charge_lines
    group by order_id
),

order_payments as (
    select
        order_id,
        cast(sum(case when has_succeeded and is_charge then amount else 0 end) as decimal(18, 2)) as captured,
        count(*) filter (where has_succeeded) = 0 as has_only_failed
    from payments
    group by order_id
),

order_parts as (
    select
        orders.order_id,
        orders.order_date,
        orders.order_at,
        orders.processed_at,
        orders.paid_at,
        orders.completed_at,
        orders.cancelled_at,
        orders.customer_id,
        orders.order_status,
        orders.channel,
        orders.country,
        {%- for name in order_attributes() %}
            orders.{{ name }},
        {%- endfor %}
        orders.currency,
        orders.exchange_rate,
        orders.is_tax_inside,
        orders.is_test,
        orders.tips,
        orders.duties,
        orders.rounding,
        orders.credit,
        orders.source_total,
        coalesce(order_goods.item_count, 0) as item_count,
        coalesce(order_charges.charge_count, 0) as charge_count,
        coalesce(order_adjustments.gross, order_goods.gross, 0) as gross,
        coalesce(order_adjustments.discount, order_goods.line_discount, 0) as discount,
        coalesce(order_adjustments.order_discount, 0) as order_discount,
        case
            when order_goods.order_id is null then 0
            else
                order_goods.excess_discount
                + greatest(
                    orders.order_discount + coalesce(order_charges.discount, 0)
                    - (order_goods.gross - order_goods.line_discount),
                    0
                )
        end as excess_discount,
        coalesce(order_adjustments.is_tax_split, false) as is_tax_split,
        coalesce(order_adjustments.tax_inside, 0) as goods_tax_inside,
        case
            when orders.tax <> 0 then orders.tax
            else coalesce(order_goods.line_tax, 0) + coalesce(order_charges.line_tax, 0)
        end as tax,
        coalesce(order_charges.gift_cards, 0) as gift_cards,
        orders.shipping + coalesce(order_charges.shipping, 0) as shipping,
        orders.fees + coalesce(order_charges.fees, 0) as fees,
        coalesce(order_payments.captured, 0) as captured,
        coalesce(order_payments.has_only_failed, false) as has_only_failed
    from orders
    left join order_goods on orders.order_id = order_goods.order_id
    left join order_adjustments on orders.order_id = order_adjustments.order_id
    left join order_charges on orders.order_id = order_charges.order_id
    left join order_payments on orders.order_id = order_payments.order_id
),

-- The tax inside that is not of the goods is of the shipping and, beyond that, the fees; that of a credit is below 0.
order_totals as (
    select
        order_id,
        order_date,
        order_at,
        processed_at,
        paid_at,
        completed_at,
        cancelled_at,
        customer_id,
        order_status,
        channel,
        country,
        {%- for name in order_attributes() %}
            {{ name }},
        {%- endfor %}
        currency,
        exchange_rate,
        is_tax_inside,
        is_tax_split,
        is_test,
        item_count,
        charge_count,
        gross,
        order_discount,
        discount,
        excess_discount,
        gross - discount as net,
        tax,
        case when is_tax_inside then tax - goods_tax_inside else 0 end as tax_of_charges,
        case
            when is_tax_inside then greatest(least(tax - goods_tax_inside, greatest(shipping, 0)), least(shipping, 0))
            else 0
        end as tax_of_shipping,
        shipping - tax_of_shipping as shipping_without_tax,
        fees - tax_of_charges + tax_of_shipping as fees_without_tax,
        gross - discount
        + case when is_tax_inside then goods_tax_inside else tax end
        + shipping + fees + gift_cards + tips + duties
        + rounding - credit as total,
        gift_cards,
        tips,
        duties,
        rounding,
        credit,
        source_total,
        captured,
        has_only_failed
    from order_parts
),

order_states as (
    select
        order_totals.order_id,
        order_totals.order_date,
        order_totals.order_at,
        order_totals.processed_at,
        order_totals.paid_at,
        order_totals.completed_at,
        order_totals.cancelled_at,
        order_totals.customer_id,
        order_totals.order_status,
        order_totals.channel,
        order_totals.country,
        {%- for name in order_attributes() %}
            order_totals.{{ name }},
        {%- endfor %}
        order_totals.currency,
        order_totals.exchange_rate,
        order_totals.is_tax_inside,
        order_totals.is_tax_split,
        order_totals.is_test,
        order_totals.item_count,
        order_totals.charge_count,
        order_totals.gross,
        order_totals.order_discount,
        order_totals.discount,
        order_totals.excess_discount,
        order_totals.net,
        order_totals.tax,
        order_totals.shipping_without_tax,
        order_totals.fees_without_tax,
        order_totals.total,
        order_totals.gift_cards,
        order_totals.tips,
        order_totals.duties,
        order_totals.rounding,
        order_totals.credit,
        order_totals.source_total,
        order_totals.captured,
        case
            when not client.has_payments then 'not_tracked'
            -- A charge that failed says that something was due, also where the total is 0.
            when order_totals.has_only_failed then 'unpaid'
            when order_totals.captured > order_totals.total then 'overpaid'
            when order_totals.captured = order_totals.total then 'paid'
            when order_totals.captured > 0 then 'partially_paid'
            else 'unpaid'
        end as payment_state,
        not order_totals.is_test
        and (order_totals.order_status <> 'cancelled' or client.reverses_cancelled)
        and (payment_state <> 'unpaid' or order_totals.total <= 0 or client.counts_unpaid) as is_counted
    from order_totals
    cross join client
)

select
    cast(order_states.order_id as string) as order_id,
    cast(order_states.order_date as date) as order_date,
    cast(order_states.order_at as timestamp) as order_at,
    cast(order_states.processed_at as timestamp) as processed_at,
    cast(order_states.paid_at as timestamp) as paid_at,
    cast(order_states.completed_at as timestamp) as completed_at,
    cast(order_states.cancelled_at as timestamp) as cancelled_at,
    cast(order_states.customer_id as string) as customer_id,
    cast(order_states.order_status as string) as order_status,
    cast(order_states.payment_state as string) as payment_state,
    cast(order_states.is_counted and order_states.item_count > 0 as boolean) as is_sale,
    cast(
        order_states.is_counted and order_states.item_count = 0 and order_states.charge_count > 0 as boolean
    ) as is_sale_without_goods,
    cast(order_states.is_test as boolean) as is_test,
    cast(order_states.channel as string) as channel,
    cast(order_states.country as string) as country,
    {%- for name, type in order_attributes().items() %}
        cast(order_states.{{ name }} as {{ type }}) as {{ name }},
    {%- endfor %}
    cast(order_states.currency as string) as currency,
    cast(order_states.exchange_rate as double) as exchange_rate,
    cast(order_states.is_tax_inside as boolean) as is_tax_inside,
    cast(order_states.is_tax_split as boolean) as is_tax_split,
    cast(order_states.item_count as bigint) as item_count,
    cast(order_states.gross as decimal(18, 2)) as gross,
    cast(order_states.order_discount as decimal(18, 2)) as order_discount,
    cast(order_states.discount as decimal(18, 2)) as discount,
    cast(order_states.excess_discount as decimal(18, 2)) as excess_discount,
    cast(order_states.net as decimal(18, 2)) as net,
    cast(order_states.tax as decimal(18, 2)) as tax,
    cast(order_states.shipping_without_tax as decimal(18, 2)) as shipping,
    cast(order_states.fees_without_tax as decimal(18, 2)) as fees,
    cast(order_states.gift_cards as decimal(18, 2)) as gift_cards,
    cast(order_states.tips as decimal(18, 2)) as tips,
    cast(order_states.duties as decimal(18, 2)) as duties,
    cast(order_states.rounding as decimal(18, 2)) as rounding,
    cast(order_states.credit as decimal(18, 2)) as credit,
    cast(order_states.total as decimal(18, 2)) as total,
    cast(order_states.source_total as decimal(18, 2)) as source_total,
    cast(order_states.captured as decimal(18, 2)) as captured,
    cast(affected_days.change_number as bigint) as change_number
from order_states
left join affected_days on order_states.order_date = affected_days.order_date
