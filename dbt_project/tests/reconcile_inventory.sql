-- Every stock level of raw is in core once, on its day, with its units.
with raw_days as (
    select
        stock_date as data_date,
        count(*) as product_count,
        sum(stock_on_hand) as stock_on_hand,
        sum(received_units) as received_units
    from {{ source('raw', 'inventory') }}
    where is_current
    group by stock_date
),

core_days as (
    select
        stock_date as data_date,
        count(*) as product_count,
        sum(stock_on_hand) as stock_on_hand,
        sum(received_units) as received_units
    from {{ ref('fct_inventory_daily') }}
    group by stock_date
)

{{ unequal_days('raw_days', 'core_days', ['product_count', 'stock_on_hand', 'received_units']) }}
