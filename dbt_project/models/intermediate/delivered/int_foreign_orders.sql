{#- Read by staging, which brings the amounts of these orders into the client's currency. -#}
with client as (
    select currency
    from {{ ref('stg_client') }}
),

rates as (
    select
        rate_date,
        currency,
        rate,
        lead(rate_date) over (partition by currency order by rate_date asc nulls last) as next_rate_date
    from {{ ref('stg_exchange_rates') }}
),

orders as (
    select
        delivered.order_id,
        delivered.order_date,
        delivered.currency
    from {{ source('delivered', 'orders') }} as delivered
    {{ without_superseded('orders') }}
    where delivered.currency is not null
    union all
    select
        delivered.order_id,
        delivered.order_date,
        delivered.currency
    from {{ ref('int_line_orders') }} as delivered
    {{ without_superseded('orders', 'delivery_id') }}
    where delivered.currency is not null
),

foreign_orders as (
    select
        orders.order_id,
        orders.order_date,
        orders.currency
    from orders
    inner join client on orders.currency <> client.currency
)

-- The last rate on or before the day of the order, at most seven days old; null where there is none.
select
    cast(foreign_orders.order_id as string) as order_id,
    cast(foreign_orders.order_date as date) as order_date,
    cast(foreign_orders.currency as string) as currency,
    cast(rates.rate as decimal(19, 8)) as exchange_rate
from foreign_orders
left join rates
    on
        foreign_orders.currency = rates.currency
        and foreign_orders.order_date >= rates.rate_date
        and foreign_orders.order_date < coalesce(rates.next_rate_date, {{ last_valid_date() }})
        and {{ dbt.datediff('rates.rate_date', 'foreign_orders.order_date', 'day') }} <= 7  -- noqa: LT05
