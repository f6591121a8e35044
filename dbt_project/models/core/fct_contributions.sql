{%- set changes_of = {'fct_orders': 'order_date', 'int_later_contributions': 'contribution_date'} -%}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='contribution_date',
        on_schema_change='fail',
        meta={'changes_of': changes_of}
    )
}}

with affected_days as (
    {{ affected_days(changes_of, 'contribution_date') }}
),

orders as (
    select
        order_id,
        order_date,
        customer_id,
        channel,
        case when is_sale or is_sale_without_goods then {{ cents('shipping') }} else 0 end as shipping
    from {{ ref('fct_orders') }}
    where
        not is_test
        and {{ in_increment('order_date', 'affected_days', 'contribution_date') }}
),

lines as (
    select
        order_id,
        line_number,
        product_id,
        {{ cents('net') }} as net
    from {{ ref('fct_transactions') }}
    where {{ in_increment('order_date', 'affected_days', 'contribution_date') }}
),

payments as (
    select
        order_id,
        {{ cents('sum(fee)') }} as fees
    from {{ ref('fct_payments') }}
    where
        fee is not null
        and {{ in_increment('order_date', 'affected_days', 'contribution_date') }}
    group by order_id
),

shipments as (
    select
        order_id,
        {{ cents('sum(shipping_cost)') }} as shipping_cost
    from {{ ref('stg_shipping_costs') }}
    where {{ in_increment('order_id', 'orders') }}
    group by order_id
),

-- Null is what nobody says of an order; an order of which nothing is said, and that is charged no shipping, has no row.
entries as (
    select
        orders.order_id,
        orders.shipping as shipping_charged,
        shipments.shipping_cost,
        payments.fees as payment_fees
    from orders
    left join shipments on orders.order_id = shipments.order_id
    left join payments on orders.order_id = payments.order_id
    where
        orders.shipping <> 0
        or shipments.shipping_cost is not null
        or payments.fees is not null
),

contributions_of_lines as (
    {{ split_over_lines('entries', 'lines', ['shipping_charged', 'shipping_cost', 'payment_fees'], keep=[]) }}
),

later_contributions as (
    select
        contribution_kind,
        source_id,
        contribution_date,
        order_id,
        line_number,
        product_id,
        customer_id,
        channel,
        shipping_charged,
        payment_fees,
        dispute_losses,
        restocked_cost,
        uncosted_item_count
    from {{ ref('int_later_contributions') }}
    where {{ in_increment('contribution_date', 'affected_days') }}
),

contributions as (
    select
        'order' as contribution_kind,
        orders.order_id as source_id,
        orders.order_date as contribution_date,
        orders.order_id,
        contributions_of_lines.line_number,
        contributions_of_lines.product_id,
        orders.customer_id,
        orders.channel,
        {{ from_cents('contributions_of_lines.shipping_charged') }} as shipping_charged,
        {{ from_cents('contributions_of_lines.shipping_cost') }} as shipping_cost,
        {{ from_cents('contributions_of_lines.payment_fees') }} as payment_fees,
        null as dispute_losses,
        0 as restocked_cost,
        0 as uncosted_item_count
    from contributions_of_lines
    inner join orders on contributions_of_lines.order_id = orders.order_id
    union all
    select
        contribution_kind,
        source_id,
        contribution_date,
        order_id,
        line_number,
        product_id,
        customer_id,
        channel,
        shipping_charged,
        null as shipping_cost,
        nullif(payment_fees, 0) as payment_fees,
        nullif(dispute_losses, 0) as dispute_losses,
        restocked_cost,
        uncosted_item_count
    from later_contributions
)

select
    cast(contributions.contribution_kind as string) as contribution_kind,
    cast(contributions.source_id as string) as source_id,
    cast(contributions.contribution_date as date) as contribution_date,
    cast(contributions.order_id as string) as order_id,
    cast(contributions.line_number as bigint) as line_number,
    cast(contributions.product_id as string) as product_id,
    cast(contributions.customer_id as string) as customer_id,
    cast(contributions.channel as string) as channel,
    cast(contributions.shipping_charged as decimal(18, 2)) as shipping_charged,
    cast(contributions.shipping_cost as decimal(18, 2)) as shipping_cost,
    cast(contributions.payment_fees as decimal(18, 2)) as payment_fees,
    cast(contributions.dispute_losses as decimal(18, 2)) as dispute_losses,
    cast(contributions.restocked_cost as decimal(18, 2)) as restocked_cost,
    cast(contributions.uncosted_item_count as bigint) as uncosted_item_count,
    cast(affected_days.change_number as bigint) as change_number
from contributions
left join affected_days on contributions.contribution_date = affected_days.contribution_date
