with basket_days as (
    select
        order_date,
        country,
        channel,
        basket,
        category,
        order_count,
        units_sold,
        net,
        estimated_profit
    from {{ ref('int_basket_days') }}
)

select
    cast(order_date as date) as order_date,
    cast(country as string) as country,
    cast(channel as string) as channel,
    cast(basket as string) as basket,
    cast(category as string) as category,
    cast(order_count as bigint) as order_count,
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(net as decimal(18, 2)) as net,
    cast(estimated_profit as decimal(18, 2)) as estimated_profit
from basket_days
