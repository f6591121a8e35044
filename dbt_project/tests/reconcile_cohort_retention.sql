-- A month's active customers are those of all cohorts, and a cohort is what was new in its month, all of it active.
with churn_months as (
    select
        month_start_date as data_date,
        active_customers,
        new_customers as cohort_customers,
        new_customers as first_active_customers
    from {{ ref('mart_monthly_churn') }}
),

cohort_months as (
    select
        month_start_date as data_date,
        sum(active_customers) as active_customers,
        sum(cohort_customers) filter (where months_since_first = 0) as cohort_customers,
        sum(active_customers) filter (where months_since_first = 0) as first_active_customers
    from {{ ref('mart_cohort_retention') }}
    group by month_start_date
)

{{
    unequal_days(
        'churn_months',
        'cohort_months',
        ['active_customers', 'cohort_customers', 'first_active_customers']
    )
}}
