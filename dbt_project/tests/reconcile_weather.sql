-- Every country's weather of raw is in core once, on its day.
with raw_days as (
    select
        weather_date as data_date,
        count(*) as country_count,
        sum(temperature) as temperature,
        sum(precipitation) as precipitation
    from {{ source('raw', 'weather') }}
    where is_current
    group by weather_date
),

core_days as (
    select
        weather_date as data_date,
        count(*) as country_count,
        sum(temperature) as temperature,
        sum(precipitation) as precipitation
    from {{ ref('fct_weather') }}
    group by weather_date
)

{{ unequal_days('raw_days', 'core_days', ['country_count', 'temperature', 'precipitation']) }}
