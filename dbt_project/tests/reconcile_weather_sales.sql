-- The mart has the sales of every country and day whose weather is reported, to the cent.
with core_days as (
    select
        weather.weather_date as data_date,
        count(orders.order_id) as order_count,
        sum(orders.net) as net
    from {{ ref('fct_weather') }} as weather
    left join {{ ref('fct_orders') }} as orders
        on
            weather.weather_date = orders.order_date
            and weather.country = orders.country
            and orders.is_sale
    group by weather.weather_date
),

mart_days as (
    select
        weather_date as data_date,
        sum(order_count) as order_count,
        sum(net) as net
    from {{ ref('mart_weather_sales') }}
    group by weather_date
)

{{ unequal_days('core_days', 'mart_days', ['order_count', 'net']) }}
