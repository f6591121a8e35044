-- The products of a day have the units and the net of the facts, to the cent.
with fact_days as (
    select
        order_date as data_date,
        sum(quantity) as units_sold,
        sum(net) as net
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and is_product
    group by order_date
),

mart_days as (
    select
        calendar_date as data_date,
        sum(units_sold) as units_sold,
        sum(net) as net
    from {{ ref('mart_top_skus') }}
    group by calendar_date
)

{{ unequal_days('fact_days', 'mart_days', ['units_sold', 'net']) }}
