with events as (
    select
        event_date,
        channel,
        event_type,
        event_count
    from {{ ref('fct_events') }}
),

daily_steps as (
    select
        event_date,
        channel,
        coalesce(sum(event_count) filter (where event_type = 'session'), 0) as sessions,
        coalesce(sum(event_count) filter (where event_type = 'view'), 0) as product_views,
        coalesce(sum(event_count) filter (where event_type = 'cart'), 0) as carts,
        coalesce(sum(event_count) filter (where event_type = 'checkout'), 0) as checkouts,
        coalesce(sum(event_count) filter (where event_type = 'purchase'), 0) as purchases
    from events
    group by event_date, channel
)

select
    cast(event_date as date) as event_date,
    cast(channel as string) as channel,
    cast(sessions as bigint) as sessions,
    cast(product_views as bigint) as product_views,
    cast(carts as bigint) as carts,
    cast(checkouts as bigint) as checkouts,
    cast(purchases as bigint) as purchases,
    cast(cast(carts as double) / nullif(cast(sessions as double), 0) as double) as cart_rate,
    cast(cast(checkouts as double) / nullif(cast(carts as double), 0) as double) as checkout_rate,
    cast(cast(purchases as double) / nullif(cast(checkouts as double), 0) as double) as purchase_rate,
    cast(cast(purchases as double) / nullif(cast(sessions as double), 0) as double) as conversion_rate
from daily_steps
