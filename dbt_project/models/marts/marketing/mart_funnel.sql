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
        sum(event_count) filter (where event_type = 'session') as sessions,
        sum(event_count) filter (where event_type = 'view') as product_views,
        sum(event_count) filter (where event_type = 'cart') as carts,
        sum(event_count) filter (where event_type = 'checkout') as checkouts,
        sum(event_count) filter (where event_type = 'purchase') as purchases
    from events
    group by event_date, channel
),

-- Which steps the client delivers at all: of the others nobody knows how often they were taken.
delivered_steps as (
    select
        count(*) filter (where event_type = 'session') > 0 as has_sessions,
        count(*) filter (where event_type = 'view') > 0 as has_product_views,
        count(*) filter (where event_type = 'cart') > 0 as has_carts,
        count(*) filter (where event_type = 'checkout') > 0 as has_checkouts,
        count(*) filter (where event_type = 'purchase') > 0 as has_purchases
    from events
),

known_steps as (
    select
        daily_steps.event_date,
        daily_steps.channel,
        case when delivered_steps.has_sessions then coalesce(daily_steps.sessions, 0) end as sessions,
        case when delivered_steps.has_product_views then coalesce(daily_steps.product_views, 0) end as product_views,
        case when delivered_steps.has_carts then coalesce(daily_steps.carts, 0) end as carts,
        case when delivered_steps.has_checkouts then coalesce(daily_steps.checkouts, 0) end as checkouts,
        case when delivered_steps.has_purchases then coalesce(daily_steps.purchases, 0) end as purchases
    from daily_steps
    cross join delivered_steps
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
from known_steps
