-- The page of a day says what the daily sales say, and what the facts say of payments, to the cent.
with sales_days as (
    select
        calendar_date as data_date,
        order_count,
        units_sold,
        net,
        net_sales,
        estimated_profit
    from {{ ref('mart_daily_sales') }}
),

payment_days as (
    select
        order_date as data_date,
        count(*) as attempt_count
    from {{ ref('fct_payments') }}
    group by order_date
),

expected_days as (
    select
        sales_days.data_date,
        sales_days.order_count,
        sales_days.units_sold,
        sales_days.net,
        sales_days.net_sales,
        sales_days.estimated_profit,
        payment_days.attempt_count
    from sales_days
    left join payment_days on sales_days.data_date = payment_days.data_date
),

mart_days as (
    select
        calendar_date as data_date,
        order_count,
        units_sold,
        net,
        net_sales,
        estimated_profit,
        attempt_count
    from {{ ref('mart_commerce_summary') }}
)

{{
    unequal_days(
        'expected_days',
        'mart_days',
        ['order_count', 'units_sold', 'net', 'net_sales', 'estimated_profit', 'attempt_count']
    )
}}
