with dates as (
    select
        calendar_date,
        month_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

customer_months as (
    select
        customer_id,
        month_start_date,
        sale_count
    from {{ ref('int_customer_months') }}
),

months as (
    {{ months_of_orders('dates', 'customer_months') }}
),

active_months as (
    select
        month_start_date,
        cast({{ dbt.dateadd('month', -1, 'month_start_date') }} as date) as previous_month,
        cast({{ dbt.dateadd('month', 1, 'month_start_date') }} as date) as next_month,
        lag(month_start_date)
            over (partition by customer_id order by month_start_date asc nulls last)
            as last_active_month,
        lead(month_start_date)
            over (partition by customer_id order by month_start_date asc nulls last)
            as next_active_month
    from customer_months
    where
        sale_count > 0
        and customer_id <> 'unknown'
),

monthly_customers as (
    select
        month_start_date,
        next_month,
        count(*) as active_customers,
        count(*) filter (where last_active_month is null) as new_customers,
        count(*) filter (where last_active_month = previous_month) as retained_customers,
        count(*) filter (where last_active_month < previous_month) as reactivated_customers,
        count(*) filter (where next_active_month is distinct from next_month) as lost_customers
    from active_months
    group by month_start_date, next_month
),

churn as (
    select
        months.month_start_date,
        months.is_complete_month,
        coalesce(this_month.active_customers, 0) as active_customers,
        coalesce(this_month.new_customers, 0) as new_customers,
        coalesce(this_month.retained_customers, 0) as retained_customers,
        coalesce(this_month.reactivated_customers, 0) as reactivated_customers,
        coalesce(last_month.active_customers, 0) as previous_active_customers,
        coalesce(last_month.lost_customers, 0) as churned_customers
    from months
    left join monthly_customers as this_month on months.month_start_date = this_month.month_start_date
    left join monthly_customers as last_month on months.month_start_date = last_month.next_month
)

select
    cast(month_start_date as date) as month_start_date,
    cast(active_customers as bigint) as active_customers,
    cast(new_customers as bigint) as new_customers,
    cast(retained_customers as bigint) as retained_customers,
    cast(reactivated_customers as bigint) as reactivated_customers,
    cast(previous_active_customers as bigint) as previous_active_customers,
    cast(churned_customers as bigint) as churned_customers,
    cast(cast(churned_customers as double) / nullif(cast(previous_active_customers as double), 0) as double)
        as churn_rate,
    cast(is_complete_month as boolean) as is_complete_month
from churn
