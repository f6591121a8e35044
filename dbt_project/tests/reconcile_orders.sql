-- Every order of raw is in core once, on its day, with tax, shipping and payments to the cent, and the amounts of its
-- items are those of fct_transactions.
with raw_payments as (
    select
        order_id,
        sum(amount) as captured
    from {{ source('raw', 'payments') }}
    where
        is_current
        and lower(trim(status)) = 'succeeded'
    group by order_id
),

raw_orders as (
    select
        orders.order_date as data_date,
        count(*) as order_count,
        sum(orders.tax_amount) as tax,
        sum(orders.shipping_amount) as shipping,
        sum(raw_payments.captured) as captured
    from {{ source('raw', 'orders') }} as orders
    left join raw_payments on orders.order_id = raw_payments.order_id
    where orders.is_current
    group by orders.order_date
),

core_items as (
    select
        order_date as data_date,
        count(*) as item_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from {{ ref('fct_transactions') }}
    group by order_date
),

expected_days as (
    select
        raw_orders.data_date,
        raw_orders.order_count,
        raw_orders.tax,
        raw_orders.shipping,
        raw_orders.captured,
        core_items.item_count,
        core_items.gross,
        core_items.discount,
        core_items.net
    from raw_orders
    left join core_items on raw_orders.data_date = core_items.data_date
),

core_days as (
    select
        order_date as data_date,
        count(*) as order_count,
        sum(tax) as tax,
        sum(shipping) as shipping,
        sum(captured) as captured,
        sum(item_count) as item_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from {{ ref('fct_orders') }}
    group by order_date
)

{{
    unequal_days(
        'expected_days',
        'core_days',
        ['order_count', 'tax', 'shipping', 'captured', 'item_count', 'gross', 'discount', 'net']
    )
}}
