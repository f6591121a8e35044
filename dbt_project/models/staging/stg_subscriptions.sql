with client as (
    select
        pseudonym_inner_pad,
        pseudonym_outer_pad,
        customer_ids
    from {{ source('raw', 'client') }}
)

select
    cast(delivered.subscription_id as string) as subscription_id,
    cast(delivered.started_date as date) as started_date,
    cast(delivered.ended_date as date) as ended_date,
    cast({{ customer_pseudonym('delivered.customer_id') }} as string) as customer_id,
    cast(coalesce(lower({{ clean_text('delivered.plan') }}), 'unknown') as string) as plan_name,
    cast(delivered.monthly_amount as decimal(18, 2)) as monthly_amount
from {{ source('delivered', 'subscriptions') }} as delivered
cross join client
{{ without_superseded('subscriptions') }}
