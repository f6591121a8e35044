-- Every order item of raw is in core once, on its day, with its quantity, gross and, up to the goods, discount to the
-- cent; but for the items whose order has not arrived, which have no day. That an order without items has none is what
-- reconcile_orders sees to.
with raw_lines as (
    select
        order_id,
        order_date,
        quantity,
        cast(quantity * unit_price as decimal(18, 2)) as gross,
        least(discount_amount, cast(quantity * unit_price as decimal(18, 2))) as discount
    from {{ source('raw', 'transactions') }}
    where order_date is not null
),

-- What the discounts of an order's lines leave is the most that its own can be.
raw_goods as (
    select
        order_id,
        sum(gross - discount) as amount
    from raw_lines
    group by order_id
),

raw_discounts as (
    select
        orders.order_date as data_date,
        sum(least(orders.discount_amount, raw_goods.amount)) as discount
    from {{ source('raw', 'current_orders') }} as orders
    inner join raw_goods on orders.order_id = raw_goods.order_id
    group by orders.order_date
),

raw_items as (
    select
        order_date as data_date,
        count(*) as item_count,
        sum(quantity) as units,
        sum(gross) as gross,
        sum(discount) as discount
    from raw_lines
    group by order_date
),

raw_days as (
    select
        raw_items.data_date,
        raw_items.item_count,
        raw_items.units,
        raw_items.gross,
        raw_items.discount + coalesce(raw_discounts.discount, 0) as discount
    from raw_items
    left join raw_discounts on raw_items.data_date = raw_discounts.data_date
),

core_days as (
    select
        order_date as data_date,
        count(*) as item_count,
        sum(quantity) as units,
        sum(gross) as gross,
        sum(discount) as discount
    from {{ ref('fct_transactions') }}
    group by order_date
)

{{ unequal_days('raw_days', 'core_days', ['item_count', 'units', 'gross', 'discount']) }}
