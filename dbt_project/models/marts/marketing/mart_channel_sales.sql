with dates as (
    select calendar_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

orders as (
    select
        order_date,
        channel,
        gross,
        discount,
        net
    from {{ ref('fct_orders') }}
    where is_sale
),

transactions as (
    select
        order_date,
        channel,
        quantity
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and is_product
),

daily_orders as (
    select
        order_date,
        channel,
        count(*) as order_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from orders
    group by order_date, channel
),

daily_units as (
    select
        order_date,
        channel,
        sum(quantity) as units_sold
    from transactions
    group by order_date, channel
),

channels as (
    select distinct channel
    from daily_orders
),

channel_days as (
    select
        dates.calendar_date,
        channels.channel,
        coalesce(daily_orders.order_count, 0) as order_count,
        coalesce(daily_units.units_sold, 0) as units_sold,
        coalesce(daily_orders.gross, 0) as gross,
        coalesce(daily_orders.discount, 0) as discount,
        coalesce(daily_orders.net, 0) as net
    from dates
    cross join channels
    left join daily_orders
        on dates.calendar_date = daily_orders.order_date and channels.channel = daily_orders.channel
    left join daily_units
        on dates.calendar_date = daily_units.order_date and channels.channel = daily_units.channel
)

select
    cast(calendar_date as date) as calendar_date,
    cast(channel as varchar) as channel,
    cast(order_count as bigint) as order_count,
    cast(units_sold as bigint) as units_sold,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value
from channel_days
