with dates as (
    select calendar_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

sales as (
    select
        order_date,
        channel,
        order_count,
        units_sold,
        gross,
        discount,
        net
    from {{ ref('int_channel_days') }}
),

daily_sales as (
    select
        order_date,
        channel,
        sum(order_count) as order_count,
        sum(units_sold) as units_sold,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from sales
    group by order_date, channel
),

channels as (
    select distinct channel
    from daily_sales
),

channel_days as (
    select
        dates.calendar_date,
        channels.channel,
        coalesce(daily_sales.order_count, 0) as order_count,
        coalesce(daily_sales.units_sold, 0) as units_sold,
        coalesce(daily_sales.gross, 0) as gross,
        coalesce(daily_sales.discount, 0) as discount,
        coalesce(daily_sales.net, 0) as net
    from dates
    cross join channels
    left join daily_sales
        on dates.calendar_date = daily_sales.order_date and channels.channel = daily_sales.channel
)

select
    cast(calendar_date as date) as calendar_date,
    cast(channel as string) as channel,
    cast(order_count as bigint) as order_count,
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value
from channel_days
