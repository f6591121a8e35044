{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='started_date',
        on_schema_change='fail',
        meta={'changes_of': 'subscriptions'}
    )
}}

with affected_days as (
    {{ affected_days('subscriptions', 'started_date') }}
),

subscriptions as (
    select
        subscription_id,
        started_date,
        ended_date,
        customer_id,
        plan_name,
        monthly_amount
    from {{ ref('stg_subscriptions') }}
    where {{ in_increment('started_date', 'affected_days') }}
)

select
    cast(subscriptions.subscription_id as string) as subscription_id,
    cast(subscriptions.started_date as date) as started_date,
    cast(subscriptions.ended_date as date) as ended_date,
    cast(subscriptions.customer_id as string) as customer_id,
    cast(subscriptions.plan_name as string) as plan_name,
    cast(subscriptions.monthly_amount as decimal(18, 2)) as monthly_amount,
    cast(affected_days.change_number as bigint) as change_number
from subscriptions
left join affected_days on subscriptions.started_date = affected_days.started_date
