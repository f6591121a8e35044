-- All rows of a day together have the units, net and profit of the facts, and any row of each basket its orders.
with orders as (
    select
        order_date as data_date,
        count(*) as fewest_orders,
        count(*) as most_orders
    from {{ ref('fct_orders') }}
    where is_sale
    group by order_date
),

transactions as (
    select
        order_date as data_date,
        sum(case when is_product then quantity else 0 end) as units_sold,
        sum(net) as net,
        {{ sum_if_known('estimated_profit') }} as estimated_profit
    from {{ ref('fct_transactions') }}
    where is_sale
    group by order_date
),

fact_days as (
    select
        orders.data_date,
        orders.fewest_orders,
        orders.most_orders,
        transactions.units_sold,
        transactions.net,
        transactions.estimated_profit
    from orders
    inner join transactions on orders.data_date = transactions.data_date
),

baskets as (
    select
        order_date as data_date,
        country,
        channel,
        basket,
        min(order_count) as fewest_orders,
        max(order_count) as most_orders,
        sum(units_sold) as units_sold,
        sum(net) as net,
        {{ sum_if_known('estimated_profit') }} as estimated_profit
    from {{ ref('mart_sales_mix') }}
    group by order_date, country, channel, basket
),

mart_days as (
    select
        data_date,
        sum(fewest_orders) as fewest_orders,
        sum(most_orders) as most_orders,
        sum(units_sold) as units_sold,
        sum(net) as net,
        {{ sum_if_known('estimated_profit') }} as estimated_profit
    from baskets
    group by data_date
)

{{
    unequal_days(
        'fact_days',
        'mart_days',
        ['fewest_orders', 'most_orders', 'units_sold', 'net', 'estimated_profit']
    )
}}
