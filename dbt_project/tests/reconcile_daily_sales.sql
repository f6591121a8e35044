-- The mart's sales, profit and refunds of a day are those of the facts, to the cent.
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

profits as (
    select
        order_date as data_date,
        sum(estimated_profit) as estimated_profit
    from {{ ref('fct_transactions') }}
    where is_sale
    group by order_date
),

refunds as (
    select
        returned_date as data_date,
        sum(refund) as refunds
    from {{ ref('fct_returns') }}
    group by returned_date
),

fact_days as (
    select
        coalesce(orders.data_date, refunds.data_date) as data_date,
        orders.order_count,
        orders.gross,
        orders.discount,
        orders.net,
        profits.estimated_profit,
        refunds.refunds,
        coalesce(orders.net, 0) - coalesce(refunds.refunds, 0) as net_sales
    from orders
    full outer join refunds on orders.data_date = refunds.data_date
    left join profits on orders.data_date = profits.data_date
),

mart_days as (
    select
        calendar_date as data_date,
        order_count,
        gross,
        discount,
        net,
        estimated_profit,
        refunds,
        net_sales
    from {{ ref('mart_daily_sales') }}
)

{{
    unequal_days(
        'fact_days',
        'mart_days',
        ['order_count', 'gross', 'discount', 'net', 'estimated_profit', 'refunds', 'net_sales']
    )
}}
