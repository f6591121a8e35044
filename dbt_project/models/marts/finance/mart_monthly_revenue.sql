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
        customer_id,
        gross,
        discount,
        net
    from {{ ref('fct_orders') }}
    where is_sale
),

returns as (
    select
        {{ dbt.date_trunc('month', 'returned_date') }} as month_start_date,
        refund
    from {{ ref('fct_returns') }}
),

months as (
    {{ data_periods('dates', 'month_start_date') }}
),

monthly_orders as (
    select
        month_start_date,
        count(*) as order_count,
        count(distinct customer_id) filter (where customer_id <> 'unknown') as active_customers,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from orders
    group by month_start_date
),

monthly_returns as (
    select
        month_start_date,
        sum(refund) as refunds
    from returns
    group by month_start_date
),

monthly_revenue as (
    select
        months.month_start_date,
        months.is_complete,
        coalesce(monthly_orders.order_count, 0) as order_count,
        coalesce(monthly_orders.active_customers, 0) as active_customers,
        coalesce(monthly_orders.gross, 0) as gross,
        coalesce(monthly_orders.discount, 0) as discount,
        coalesce(monthly_orders.net, 0) as net,
        coalesce(monthly_returns.refunds, 0) as refunds
    from months
    left join monthly_orders on months.month_start_date = monthly_orders.month_start_date
    left join monthly_returns on months.month_start_date = monthly_returns.month_start_date
)

select
    cast(month_start_date as date) as month_start_date,
    cast(is_complete as boolean) as is_complete_month,
    cast(order_count as bigint) as order_count,
    cast(active_customers as bigint) as active_customers,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net - refunds as decimal(18, 2)) as net_sales,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value,
    cast(
        sum(net) over (order by month_start_date asc nulls last rows between unbounded preceding and current row)
        as decimal(18, 2)
    ) as running_net
from monthly_revenue
