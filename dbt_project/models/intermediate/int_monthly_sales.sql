with dates as (
    select
        calendar_date,
        month_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

daily_sales as (
    select
        {{ dbt.date_trunc('month', 'calendar_date') }} as month_start_date,
        order_count,
        gross,
        discount,
        net,
        refunds
    from {{ ref('int_daily_sales') }}
),

customer_months as (
    select month_start_date
    from {{ ref('int_customer_months') }}
    where
        sale_count > 0
        and customer_id <> 'unknown'
),

months as (
    {{ data_periods('dates', 'month_start_date') }}
),

monthly_sales as (
    select
        month_start_date,
        sum(order_count) as order_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net,
        sum(refunds) as refunds
    from daily_sales
    group by month_start_date
),

monthly_customers as (
    select
        month_start_date,
        count(*) as active_customers
    from customer_months
    group by month_start_date
)

select
    cast(months.month_start_date as date) as month_start_date,
    cast(months.is_complete as boolean) as is_complete_month,
    cast(months.has_first_day as boolean) as has_first_day,
    cast(coalesce(monthly_sales.order_count, 0) as bigint) as order_count,
    cast(coalesce(monthly_customers.active_customers, 0) as bigint) as active_customers,
    cast(coalesce(monthly_sales.gross, 0) as decimal(18, 2)) as gross,
    cast(coalesce(monthly_sales.discount, 0) as decimal(18, 2)) as discount,
    cast(coalesce(monthly_sales.net, 0) as decimal(18, 2)) as net,
    cast(coalesce(monthly_sales.refunds, 0) as decimal(18, 2)) as refunds
from months
left join monthly_sales on months.month_start_date = monthly_sales.month_start_date
left join monthly_customers on months.month_start_date = monthly_customers.month_start_date
