-- All channels of a day together have the orders, units, gross, discount and net of the facts, to the cent.
with orders as (
    select
        order_date as data_date,
        count(*) as order_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from {{ ref('fct_orders') }}
    where is_sale
    group by order_date
),

units as (
    select
        order_date as data_date,
        sum(quantity) as units_sold
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and is_product
    group by order_date
),

fact_days as (
    select
        orders.data_date,
        orders.order_count,
        units.units_sold,
        orders.gross,
        orders.discount,
        orders.net
    from orders
    left join units on orders.data_date = units.data_date
),

mart_days as (
    select
        calendar_date as data_date,
        sum(order_count) as order_count,
        sum(units_sold) as units_sold,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from {{ ref('mart_channel_sales') }}
    group by calendar_date
)

{{ unequal_days('fact_days', 'mart_days', ['order_count', 'units_sold', 'gross', 'discount', 'net']) }}
