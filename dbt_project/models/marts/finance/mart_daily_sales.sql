with dates as (
    select calendar_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

orders as (
    select
        order_date,
        is_sale
    from {{ ref('fct_orders') }}
),

transactions as (
    select
        order_date,
        is_sale,
        is_product,
        quantity,
        gross,
        discount,
        net,
        estimated_profit
    from {{ ref('fct_transactions') }}
),

returns as (
    select
        returned_date,
        is_product,
        quantity,
        refund
    from {{ ref('fct_returns') }}
),

daily_orders as (
    select
        order_date,
        count(*) filter (where is_sale) as order_count
    from orders
    group by order_date
),

daily_transactions as (
    select
        order_date,
        sum(quantity) filter (where is_product) as units_sold,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net,
        sum(estimated_profit) as estimated_profit
    from transactions
    where is_sale
    group by order_date
),

daily_returns as (
    select
        returned_date,
        sum(quantity) filter (where is_product) as returned_units,
        sum(refund) as refunds
    from returns
    group by returned_date
),

daily_sales as (
    select
        dates.calendar_date,
        coalesce(daily_orders.order_count, 0) as order_count,
        coalesce(daily_transactions.units_sold, 0) as units_sold,
        coalesce(daily_transactions.gross, 0) as gross,
        coalesce(daily_transactions.discount, 0) as discount,
        coalesce(daily_transactions.net, 0) as net,
        coalesce(daily_returns.returned_units, 0) as returned_units,
        coalesce(daily_returns.refunds, 0) as refunds,
        coalesce(daily_transactions.net, 0) - coalesce(daily_returns.refunds, 0) as net_sales,
        coalesce(daily_transactions.estimated_profit, 0) as estimated_profit
    from dates
    left join daily_orders on dates.calendar_date = daily_orders.order_date
    left join daily_transactions on dates.calendar_date = daily_transactions.order_date
    left join daily_returns on dates.calendar_date = daily_returns.returned_date
),

trailing_sales as (
    select
        calendar_date,
        order_count,
        units_sold,
        gross,
        discount,
        net,
        returned_units,
        refunds,
        net_sales,
        estimated_profit,
        row_number() over (order by calendar_date asc nulls last) as day_number,
        sum(net_sales)
            over (order by calendar_date asc nulls last rows between 6 preceding and current row)
            as net_sales_7_days,
        sum(net_sales)
            over (order by calendar_date asc nulls last rows between 27 preceding and current row)
            as net_sales_28_days
    from daily_sales
)

-- An average of fewer days than it says would mislead: null until there are 7 or 28.
select
    cast(calendar_date as date) as calendar_date,
    cast(order_count as bigint) as order_count,
    cast(units_sold as bigint) as units_sold,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast(returned_units as bigint) as returned_units,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net_sales as decimal(18, 2)) as net_sales,
    cast(estimated_profit as decimal(18, 2)) as estimated_profit,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value,
    cast(case when day_number >= 7 then {{ divide_amount('net_sales_7_days', 7) }} end as decimal(18, 2))
        as net_sales_7_day_average,
    cast(case when day_number >= 28 then {{ divide_amount('net_sales_28_days', 28) }} end as decimal(18, 2))
        as net_sales_28_day_average
from trailing_sales
