-- Every event of raw is in core once, on its day, step by step.
with raw_days as (
    select
        event_date as data_date,
        sum(event_count) as event_count,
        sum(case when event_type = 'session' then event_count else 0 end) as sessions,
        sum(case when event_type = 'purchase' then event_count else 0 end) as purchases
    from {{ source('raw', 'events') }}
    where is_current
    group by event_date
),

core_days as (
    select
        event_date as data_date,
        sum(event_count) as event_count,
        sum(case when event_type = 'session' then event_count else 0 end) as sessions,
        sum(case when event_type = 'purchase' then event_count else 0 end) as purchases
    from {{ ref('fct_events') }}
    group by event_date
)

{{ unequal_days('raw_days', 'core_days', ['event_count', 'sessions', 'purchases']) }}
