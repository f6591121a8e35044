{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='event_date',
        on_schema_change='fail',
        meta={'changes_of': 'events'}
    )
}}

with affected_days as (
    {{ affected_days('events', 'event_date') }}
),

events as (
    select
        event_date,
        channel,
        product_id,
        event_type,
        event_count
    from {{ ref('stg_events') }}
    where {{ in_increment('event_date', 'affected_days') }}
),

daily_events as (
    select
        event_date,
        channel,
        product_id,
        event_type,
        sum(event_count) as event_count
    from events
    group by event_date, channel, product_id, event_type
)

select
    cast(daily_events.event_date as date) as event_date,
    cast(daily_events.channel as string) as channel,
    cast(daily_events.product_id as string) as product_id,
    cast(daily_events.event_type as string) as event_type,
    cast(daily_events.event_count as bigint) as event_count,
    cast(affected_days.change_number as bigint) as change_number
from daily_events
left join affected_days on daily_events.event_date = affected_days.event_date
