-- The mart's steps of a day are the events of the day.
with core_days as (
    select
        event_date as data_date,
        sum(event_count) as steps,
        sum(case when event_type = 'purchase' then event_count else 0 end) as purchases
    from {{ ref('fct_events') }}
    group by event_date
),

mart_days as (
    select
        event_date as data_date,
        sum(sessions + product_views + carts + checkouts + purchases) as steps,
        sum(purchases) as purchases
    from {{ ref('mart_funnel') }}
    group by event_date
)

{{ unequal_days('core_days', 'mart_days', ['steps', 'purchases']) }}
