with dates as (
    select
        calendar_date,
        month_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

orders as (
    select
        {{ dbt.date_trunc('month', 'order_date') }} as month_start_date,
        net
    from {{ ref('fct_orders') }}
    where is_sale
),

months as (
    {{ data_periods('dates', 'month_start_date') }}
),

monthly_orders as (
    select
        month_start_date,
        sum(net) as net
    from orders
    group by month_start_date
),

monthly_revenue as (
    select
        months.month_start_date,
        months.is_complete,
        months.has_first_day,
        cast(coalesce(monthly_orders.net, 0) as decimal(18, 2)) as net
    from months
    left join monthly_orders on months.month_start_date = monthly_orders.month_start_date
),

compared_revenue as (
    select
        month_start_date,
        is_complete,
        net,
        lag(net) over (order by month_start_date asc nulls last) as previous_month_net,
        lag(case when has_first_day then net end) over (order by month_start_date asc nulls last) as comparable_net
    from monthly_revenue
)

-- A month that is not over would always seem to shrink, and the one after half a month to grow.
select
    cast(month_start_date as date) as month_start_date,
    cast(is_complete as boolean) as is_complete_month,
    cast(net as decimal(18, 2)) as net,
    cast(previous_month_net as decimal(18, 2)) as previous_month_net,
    cast(case when is_complete then net - comparable_net end as decimal(18, 2)) as net_change,
    cast(case when is_complete then {{ growth_rate('net', 'comparable_net') }} end as double) as net_growth_rate
from compared_revenue
