with dates as (
    select
        calendar_date,
        month_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

-- A customer who buys from two countries in a month is counted in that of the last sale, so that countries add up.
customer_months as (
    select
        customer_id,
        month_start_date,
        sale_count,
        last_sale_country as country
    from {{ ref('int_customer_months') }}
),

months as (
    {{ months_of_orders('dates', 'customer_months') }}
),

active_months as (
    select
        month_start_date,
        country,
        cast({{ dbt.dateadd('month', -1, 'month_start_date') }} as date) as previous_month,
        lag(month_start_date)
            over (partition by customer_id order by month_start_date asc nulls last)
            as last_active_month
    from customer_months
    where
        sale_count > 0
        and customer_id <> 'unknown'
),

monthly_customers as (
    select
        month_start_date,
        country,
        count(*) as active_customers,
        count(*) filter (where last_active_month is null) as new_customers,
        count(*) filter (where last_active_month = previous_month) as retained_customers,
        count(*) filter (where last_active_month < previous_month) as reactivated_customers
    from active_months
    group by month_start_date, country
),

countries as (
    select distinct country
    from monthly_customers
)

select
    cast(months.month_start_date as date) as month_start_date,
    cast(countries.country as string) as country,
    cast(coalesce(monthly_customers.active_customers, 0) as bigint) as active_customers,
    cast(coalesce(monthly_customers.new_customers, 0) as bigint) as new_customers,
    cast(coalesce(monthly_customers.retained_customers, 0) as bigint) as retained_customers,
    cast(coalesce(monthly_customers.reactivated_customers, 0) as bigint) as reactivated_customers,
    cast(months.is_complete_month as boolean) as is_complete_month
from months
cross join countries
left join monthly_customers
    on months.month_start_date = monthly_customers.month_start_date and countries.country = monthly_customers.country
