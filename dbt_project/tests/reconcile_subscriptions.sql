-- Every period of raw is in core once, on its first day, with its amount and its end.
with raw_days as (
    select
        started_date as data_date,
        count(*) as period_count,
        count(ended_date) as ended_count,
        sum(monthly_amount) as monthly_amount
    from {{ source('raw', 'subscriptions') }}
    where is_current
    group by started_date
),

core_days as (
    select
        started_date as data_date,
        count(*) as period_count,
        count(ended_date) as ended_count,
        sum(monthly_amount) as monthly_amount
    from {{ ref('fct_subscriptions') }}
    group by started_date
)

{{ unequal_days('raw_days', 'core_days', ['period_count', 'ended_count', 'monthly_amount']) }}
