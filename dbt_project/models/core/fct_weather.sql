{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='weather_date',
        on_schema_change='fail',
        meta={'changes_of': 'weather'}
    )
}}

with affected_days as (
    {{ affected_days('weather', 'weather_date') }}
),

weather as (
    select
        weather_date,
        country,
        temperature,
        precipitation
    from {{ ref('stg_weather') }}
    where {{ in_increment('weather_date', 'affected_days') }}
)

select
    cast(weather.weather_date as date) as weather_date,
    cast(weather.country as string) as country,
    cast(weather.temperature as decimal(18, 2)) as temperature,
    cast(weather.precipitation as decimal(18, 2)) as precipitation,
    cast(affected_days.change_number as bigint) as change_number
from weather
left join affected_days on weather.weather_date = affected_days.weather_date
