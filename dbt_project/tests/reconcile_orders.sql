-- Every order of raw is in core once, on its day, with its tax and what it comes to, to the cent, and with gross and
-- discount where its prices do not contain the tax. The amounts of its items and payments are those of fct_transactions
-- and fct_payments, which have reconciliations of their own.
with raw_orders as (
    select
        order_date as data_date,
        count(*) as order_count,
        sum(tax) as tax,
        sum(total) as total,
        sum(gross) filter (where not tax_inside) as gross_without_tax,
        sum(discount) filter (where not tax_inside) as discount_without_tax
    from {{ source('raw', 'order_totals') }}
    group by order_date
),

core_payments as (
    select
        order_date as data_date,
        sum(captured) as captured
    from {{ ref('fct_payments') }}
    group by order_date
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
        raw_orders.total,
        raw_orders.gross_without_tax,
        raw_orders.discount_without_tax,
        core_payments.captured,
        core_items.item_count,
        core_items.gross,
        core_items.discount,
        core_items.net
    from raw_orders
    left join core_payments on raw_orders.data_date = core_payments.data_date
    left join core_items on raw_orders.data_date = core_items.data_date
),

core_days as (
    select
        order_date as data_date,
        count(*) as order_count,
        sum(tax) as tax,
        sum(total) as total,
        sum(gross) filter (where not is_tax_inside) as gross_without_tax,
        sum(discount) filter (where not is_tax_inside) as discount_without_tax,
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
        [
            'order_count', 'tax', 'total', 'gross_without_tax', 'discount_without_tax', 'captured', 'item_count',
            'gross', 'discount', 'net'
        ]
    )
}}
