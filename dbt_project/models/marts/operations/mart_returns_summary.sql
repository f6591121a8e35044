with dates as (
    select calendar_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

orders as (
    select order_date
    from {{ ref('fct_orders') }}
    where is_sale
),

transactions as (
    select
        order_date,
        quantity
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and is_product
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
        count(*) as order_count
    from orders
    group by order_date
),

daily_units as (
    select
        order_date,
        sum(quantity) as units_sold
    from transactions
    group by order_date
),

daily_returns as (
    select
        returned_date,
        count(*) as return_count,
        sum(quantity) filter (where is_product) as returned_units,
        sum(refund) as refunds
    from returns
    group by returned_date
),

returns_summary as (
    select
        dates.calendar_date,
        coalesce(daily_orders.order_count, 0) as order_count,
        coalesce(daily_units.units_sold, 0) as units_sold,
        coalesce(daily_returns.return_count, 0) as return_count,
        coalesce(daily_returns.returned_units, 0) as returned_units,
        coalesce(daily_returns.refunds, 0) as refunds
    from dates
    left join daily_orders on dates.calendar_date = daily_orders.order_date
    left join daily_units on dates.calendar_date = daily_units.order_date
    left join daily_returns on dates.calendar_date = daily_returns.returned_date
),

trailing_returns as (
    select
        calendar_date,
        order_count,
        units_sold,
        return_count,
        returned_units,
        refunds,
        row_number() over (order by calendar_date asc nulls last) as day_number,
        sum(units_sold) over (order by calendar_date asc nulls last rows between 27 preceding and current row)
            as units_sold_28_days,
        sum(returned_units) over (order by calendar_date asc nulls last rows between 27 preceding and current row)
            as returned_units_28_days
    from returns_summary
)

select
    cast(calendar_date as date) as calendar_date,
    cast(order_count as bigint) as order_count,
    cast(units_sold as bigint) as units_sold,
    cast(return_count as bigint) as return_count,
    cast(returned_units as bigint) as returned_units,
    cast(refunds as decimal(18, 2)) as refunds,
    cast({{ ratio('returned_units', 'units_sold') }} as double) as return_rate,
    cast(case when day_number >= 28 then {{ ratio('returned_units_28_days', 'units_sold_28_days') }} end as double)
        as return_rate_28_days
from trailing_returns
