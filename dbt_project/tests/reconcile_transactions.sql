-- Every line of goods of raw is in core once, on its day, with its quantity, and with gross and discount to the cent
-- where its price does not contain the tax; but for the lines whose order has not arrived, which have no day. That an
-- order without goods has none is what reconcile_orders sees to.
with raw_items as (
    select
        order_date as data_date,
        count(*) as item_count,
        sum(quantity) as units
    from {{ source('raw', 'transactions') }}
    where
        order_date is not null
        and charge_type is null
    group by order_date
),

raw_amounts as (
    select
        order_date as data_date,
        sum(gross) as gross,
        sum(discount) as discount
    from {{ source('raw', 'order_totals') }}
    where not tax_inside
    group by order_date
),

raw_days as (
    select
        raw_items.data_date,
        raw_items.item_count,
        raw_items.units,
        raw_amounts.gross,
        raw_amounts.discount
    from raw_items
    left join raw_amounts on raw_items.data_date = raw_amounts.data_date
),

orders as (
    select
        order_id,
        is_tax_inside
    from {{ ref('fct_orders') }}
),

items as (
    select
        order_id,
        order_date,
        quantity,
        gross,
        discount
    from {{ ref('fct_transactions') }}
),

core_days as (
    select
        items.order_date as data_date,
        count(*) as item_count,
        sum(items.quantity) as units,
        sum(items.gross) filter (where not orders.is_tax_inside) as gross,
        sum(items.discount) filter (where not orders.is_tax_inside) as discount
    from items
    inner join orders on items.order_id = orders.order_id
    group by items.order_date
)

{{ unequal_days('raw_days', 'core_days', ['item_count', 'units', 'gross', 'discount']) }}
