-- The orders, net and refunds of a month are those of the facts, to the cent, in each mart that has months.
with orders as (
    select
        {{ dbt.date_trunc('month', 'order_date') }} as data_date,
        count(*) as order_count,
        sum(net) as net
    from {{ ref('fct_orders') }}
    where is_sale
    group by {{ dbt.date_trunc('month', 'order_date') }}
),

returns as (
    select
        {{ dbt.date_trunc('month', 'returned_date') }} as data_date,
        sum(refund) as refunds
    from {{ ref('fct_returns') }}
    group by {{ dbt.date_trunc('month', 'returned_date') }}
),

fact_months as (
    select
        coalesce(orders.data_date, returns.data_date) as data_date,
        orders.order_count,
        orders.net,
        orders.net as compared_net,
        orders.net as category_net,
        orders.net as season_net,
        returns.refunds,
        coalesce(orders.net, 0) - coalesce(returns.refunds, 0) as net_sales
    from orders
    full outer join returns on orders.data_date = returns.data_date
),

categories as (
    select
        month_start_date,
        sum(net) as net
    from {{ ref('mart_category_sales_monthly') }}
    group by month_start_date
),

mart_months as (
    select
        months.month_start_date as data_date,
        months.order_count,
        months.net,
        growth.net as compared_net,
        categories.net as category_net,
        seasons.net as season_net,
        months.refunds,
        months.net_sales
    from {{ ref('mart_monthly_revenue') }} as months
    left join {{ ref('mart_revenue_mom') }} as growth on months.month_start_date = growth.month_start_date
    left join categories on months.month_start_date = categories.month_start_date
    left join {{ ref('mart_seasonal_sales') }} as seasons
        on
            months.month_start_date = seasons.period_start_date
            and seasons.period_type = 'month'
)

{{
    unequal_days(
        'fact_months',
        'mart_months',
        ['order_count', 'net', 'compared_net', 'category_net', 'season_net', 'refunds', 'net_sales']
    )
}}
