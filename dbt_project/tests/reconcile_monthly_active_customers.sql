-- The countries of a month add up to the month.
with churn_months as (
    select
        month_start_date as data_date,
        active_customers,
        new_customers,
        retained_customers,
        reactivated_customers
    from {{ ref('mart_monthly_churn') }}
),

country_months as (
    select
        month_start_date as data_date,
        sum(active_customers) as active_customers,
        sum(new_customers) as new_customers,
        sum(retained_customers) as retained_customers,
        sum(reactivated_customers) as reactivated_customers
    from {{ ref('mart_monthly_active_customers') }}
    group by month_start_date
)

{{
    unequal_days(
        'churn_months',
        'country_months',
        ['active_customers', 'new_customers', 'retained_customers', 'reactivated_customers']
    )
}}
