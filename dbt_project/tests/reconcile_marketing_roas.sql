-- The mart's months hold all that was spent and, in the months with advertising, every sale and new customer once.
with mart as (
    select
        month_start_date as data_date,
        sum(spend) as spend,
        sum(attributed_revenue) as net,
        sum(order_count) as order_count,
        sum(new_customer_count) as new_customers
    from {{ ref('mart_marketing_roas') }}
    group by month_start_date
),

spending as (
    select
        cast({{ dbt.date_trunc('month', 'spend_date') }} as date) as data_date,
        sum(spend) as spend
    from {{ ref('fct_ad_spend') }}
    group by {{ dbt.date_trunc('month', 'spend_date') }}
),

sales as (
    select
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as data_date,
        sum(net) as net,
        count(*) as order_count
    from {{ ref('fct_orders') }}
    where is_sale
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

spending_span as (
    select
        min(data_date) as first_month,
        max(data_date) as last_month
    from spending
),

expected as (
    select
        coalesce(spending.data_date, sales.data_date) as data_date,
        spending.spend,
        sales.net,
        sales.order_count,
        cohorts.new_customers
    from spending
    full outer join sales on spending.data_date = sales.data_date
    left join cohorts on sales.data_date = cohorts.data_date
),

expected_months as (
    select
        expected.data_date,
        expected.spend,
        expected.net,
        expected.order_count,
        expected.new_customers
    from expected
    inner join spending_span
        on expected.data_date >= spending_span.first_month and expected.data_date <= spending_span.last_month
)

{{ unequal_days('expected_months', 'mart', ['spend', 'net', 'order_count', 'new_customers']) }}
