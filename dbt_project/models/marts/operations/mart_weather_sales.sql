with weather as (
    select
        weather_date,
        country,
        temperature,
        precipitation
    from {{ ref('fct_weather') }}
),

-- A day outside the sales has none because nobody delivers them, and would look like an effect of the weather.
dates as (
    select
        calendar_date,
        month_start_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

sales as (
    select
        order_date,
        country,
        order_count,
        net
    from {{ ref('int_channel_days') }}
),

daily_sales as (
    select
        order_date,
        country,
        sum(order_count) as order_count,
        sum(net) as net
    from sales
    group by order_date, country
),

weather_sales as (
    select
        weather.weather_date,
        weather.country,
        dates.month_start_date,
        weather.temperature,
        weather.precipitation,
        coalesce(daily_sales.order_count, 0) as order_count,
        coalesce(daily_sales.net, 0) as net
    from weather
    inner join dates on weather.weather_date = dates.calendar_date
    left join daily_sales
        on
            weather.weather_date = daily_sales.order_date
            and weather.country = daily_sales.country
),

-- Where one of the two is the same every day there is no correlation, which engines say in different ways. The last
-- digits depend on the order in which an engine sums, so they are rounded off.
monthly_correlations as (
    select
        country,
        month_start_date,
        case
            when
                count(distinct temperature) > 1
                and count(distinct case when temperature is not null then net end) > 1
                then round(corr(cast(temperature as double), cast(net as double)), 9)
        end as temperature_correlation,
        case
            when
                count(distinct precipitation) > 1
                and count(distinct case when precipitation is not null then net end) > 1
                then round(corr(cast(precipitation as double), cast(net as double)), 9)
        end as precipitation_correlation
    from weather_sales
    group by country, month_start_date
)

select
    cast(weather_sales.weather_date as date) as weather_date,
    cast(weather_sales.country as string) as country,
    cast(weather_sales.month_start_date as date) as month_start_date,
    cast(weather_sales.temperature as decimal(18, 2)) as temperature,
    cast(weather_sales.precipitation as decimal(18, 2)) as precipitation,
    cast(weather_sales.order_count as bigint) as order_count,
    cast(weather_sales.net as decimal(18, 2)) as net,
    cast(monthly_correlations.temperature_correlation as double) as temperature_correlation,
    cast(monthly_correlations.precipitation_correlation as double) as precipitation_correlation
from weather_sales
inner join monthly_correlations
    on
        weather_sales.country = monthly_correlations.country
        and weather_sales.month_start_date = monthly_correlations.month_start_date
