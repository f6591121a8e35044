with dates as (
    select
        calendar_date,
        month_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

customers as (
    select
        customer_id,
        cohort_month
    from {{ ref('dim_customers') }}
    where cohort_month is not null
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

cohorts as (
    select
        cohort_month,
        count(*) as cohort_customers
    from customers
    group by cohort_month
),

cohort_activity as (
    select
        customers.cohort_month,
        customer_months.month_start_date,
        count(*) as active_customers
    from customer_months
    inner join customers on customer_months.customer_id = customers.customer_id
    where customer_months.sale_count > 0
    group by customers.cohort_month, customer_months.month_start_date
),

retention as (
    select
        cohort_months.month_start_date as cohort_month,
        months.month_start_date,
        months.is_complete_month,
        coalesce(cohorts.cohort_customers, 0) as cohort_customers,
        coalesce(cohort_activity.active_customers, 0) as active_customers
    from months as cohort_months
    inner join months on cohort_months.month_start_date <= months.month_start_date
    left join cohorts on cohort_months.month_start_date = cohorts.cohort_month
    left join cohort_activity
        on
            cohort_months.month_start_date = cohort_activity.cohort_month
            and months.month_start_date = cohort_activity.month_start_date
)

select
    cast(cohort_month as date) as cohort_month,
    cast({{ dbt.datediff('cohort_month', 'month_start_date', 'month') }} as integer) as months_since_first,  -- noqa: LT05
    cast(month_start_date as date) as month_start_date,
    cast(cohort_customers as bigint) as cohort_customers,
    cast(active_customers as bigint) as active_customers,
    cast(cast(active_customers as double) / nullif(cast(cohort_customers as double), 0) as double) as retention_rate,
    cast(is_complete_month as boolean) as is_complete_month
from retention
