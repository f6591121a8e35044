-- Every line of goods of raw is in core once, on its day, with its quantity, but for the lines whose order has not
-- arrived, which have no day. What they come to, and that an order without goods has none, reconcile_orders compares.
with raw_days as (
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

core_days as (
    select
        order_date as data_date,
        count(*) as item_count,
        sum(quantity) as units
    from {{ ref('fct_transactions') }}
    group by order_date
)

{{ unequal_days('raw_days', 'core_days', ['item_count', 'units']) }}
