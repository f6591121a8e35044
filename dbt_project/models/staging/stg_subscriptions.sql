select
    cast(subscription_id as varchar) as subscription_id,
    cast(started_date as date) as started_date,
    cast(ended_date as date) as ended_date,
    cast(customer_id as varchar) as customer_id,
    cast(coalesce(lower({{ clean_text('plan') }}), 'unknown') as varchar) as plan_name,
    cast(monthly_amount as decimal(18, 2)) as monthly_amount
from {{ source('raw', 'subscriptions') }}
where is_current
