with dates as (
    select calendar_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

sales as (
    select
        calendar_date,
        order_count,
        units_sold,
        return_count,
        returned_units,
        refunds
    from {{ ref('int_daily_sales') }}
),

client as (
    select has_returns
    from {{ ref('int_client') }}
),

returns_summary as (
    select
        dates.calendar_date,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.units_sold, 0) as units_sold,
        coalesce(sales.return_count, 0) as return_count,
        coalesce(sales.returned_units, 0) as returned_units,
        coalesce(sales.refunds, 0) as refunds,
        client.has_returns
    from dates
    cross join client
    left join sales on dates.calendar_date = sales.calendar_date
),

trailing_returns as (
    select
        calendar_date,
        order_count,
        units_sold,
        return_count,
        returned_units,
        refunds,
        has_returns,
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
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(return_count as bigint) as return_count,
    cast(returned_units as decimal(18, 3)) as returned_units,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(case when has_returns then {{ ratio('returned_units', 'units_sold') }} end as double) as return_rate,
    cast(
        case when has_returns and day_number >= 28 then {{ ratio('returned_units_28_days', 'units_sold_28_days') }} end
        as double
    ) as return_rate_28_days
from trailing_returns
