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
        gross,
        discount,
        net,
        returned_units,
        refunds,
        estimated_profit,
        uncosted_item_count
    from {{ ref('int_daily_sales') }}
),

daily_sales as (
    select
        dates.calendar_date,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.units_sold, 0) as units_sold,
        coalesce(sales.gross, 0) as gross,
        coalesce(sales.discount, 0) as discount,
        coalesce(sales.net, 0) as net,
        coalesce(sales.returned_units, 0) as returned_units,
        coalesce(sales.refunds, 0) as refunds,
        coalesce(sales.net - sales.refunds, 0) as net_sales,
        case when sales.calendar_date is null then 0 else sales.estimated_profit end as estimated_profit,
        coalesce(sales.uncosted_item_count, 0) as uncosted_item_count
    from dates
    left join sales on dates.calendar_date = sales.calendar_date
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
        uncosted_item_count,
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
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast(returned_units as decimal(18, 3)) as returned_units,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net_sales as decimal(18, 2)) as net_sales,
    cast(estimated_profit as decimal(18, 2)) as estimated_profit,
    cast(uncosted_item_count as bigint) as uncosted_item_count,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value,
    cast(case when day_number >= 7 then {{ divide_amount('net_sales_7_days', 7) }} end as decimal(18, 2))
        as net_sales_7_day_average,
    cast(case when day_number >= 28 then {{ divide_amount('net_sales_28_days', 28) }} end as decimal(18, 2))
        as net_sales_28_day_average
from trailing_sales
