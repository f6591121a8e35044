-- A month's active customers are the facts', and the new ones of all months are all who ever bought.
with fact_months as (
    select
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as data_date,
        count(distinct customer_id) as active_customers
    from {{ ref('fct_orders') }}
    where
        is_sale
        and customer_id <> 'unknown'
    group by {{ dbt.date_trunc('month', 'order_date') }}
),

cohorts as (
    select
        cohort_month as data_date,
        count(*) as new_customers
    from {{ ref('dim_customers') }}
    where cohort_month is not null
    group by cohort_month
),

expected_months as (
    select
        fact_months.data_date,
        fact_months.active_customers,
        cohorts.new_customers
    from fact_months
    left join cohorts on fact_months.data_date = cohorts.data_date
),

mart_months as (
    select
        month_start_date as data_date,
        active_customers,
        new_customers
    from {{ ref('mart_monthly_churn') }}
)

{{ unequal_days('expected_months', 'mart_months', ['active_customers', 'new_customers']) }}
