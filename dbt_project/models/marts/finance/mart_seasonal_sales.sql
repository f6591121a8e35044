with dates as (
    select
        calendar_date,
        calendar_month,
        month_start_date,
        calendar_quarter,
        {{ dbt.date_trunc('quarter', 'calendar_date') }} as quarter_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

daily_sales as (
    select
        calendar_date,
        cast(net as decimal(19, 2)) as net
    from {{ ref('int_daily_sales') }}
),

period_dates as (
    select
        calendar_date,
        is_in_sales_span,
        'month' as period_type,
        month_start_date as period_start_date,
        calendar_month as season_number
    from dates

    union all

    select
        calendar_date,
        is_in_sales_span,
        'quarter' as period_type,
        quarter_start_date as period_start_date,
        calendar_quarter as season_number
    from dates
),

periods as (
    {{ data_periods('period_dates', 'period_type, period_start_date, season_number') }}
),

period_orders as (
    select
        period_dates.period_type,
        period_dates.period_start_date,
        sum(daily_sales.net) as net,
        sum(daily_sales.net * daily_sales.net) as squared_net
    from daily_sales
    inner join period_dates on daily_sales.calendar_date = period_dates.calendar_date
    group by period_dates.period_type, period_dates.period_start_date
),

period_revenue as (
    select
        periods.period_type,
        periods.period_start_date,
        periods.season_number,
        periods.is_complete,
        periods.is_complete and periods.has_first_day as is_whole,
        case when periods.has_first_day then coalesce(period_orders.net, 0) end as comparable_net,
        cast(periods.day_count as decimal(4, 0)) as day_count,
        cast(coalesce(period_orders.net, 0) as decimal(19, 2)) as net,
        cast(coalesce(period_orders.squared_net, 0) as decimal(32, 4)) as squared_net
    from periods
    left join period_orders
        on
            periods.period_type = period_orders.period_type
            and periods.period_start_date = period_orders.period_start_date
),

-- Exact up to the root, so that the order in which days are added does not show in the last digits; more than 18 digits
-- make DuckDB multiply beyond a bigint.
compared_revenue as (
    select
        period_type,
        period_start_date,
        is_complete,
        day_count,
        net,
        cast((day_count * squared_net - net * net) * 10000 as double) as squared_deviation,
        lag(net) over (partition by period_type order by period_start_date asc nulls last) as previous_net,
        lag(comparable_net) over (partition by period_type order by period_start_date asc nulls last) as comparable_net,
        case period_type
            when 'month' then lag(net, 12) over (partition by period_type order by period_start_date asc nulls last)
            else lag(net, 4) over (partition by period_type order by period_start_date asc nulls last)
        end as previous_year_net,
        case period_type
            when
                'month'
                then lag(comparable_net, 12) over (partition by period_type order by period_start_date asc nulls last)
            else lag(comparable_net, 4) over (partition by period_type order by period_start_date asc nulls last)
        end as comparable_year_net,
        cast(
            sum(case when is_whole then net end) over (partition by period_type, season_number) as decimal(28, 2)
        ) as season_net,
        cast(
            sum(case when is_whole then day_count end) over (partition by period_type, season_number)
            as decimal(6, 0)
        ) as season_days,
        cast(sum(case when is_whole then net end) over (partition by period_type) as decimal(28, 2)) as all_net,
        cast(sum(case when is_whole then day_count end) over (partition by period_type) as decimal(6, 0))
            as all_days
    from period_revenue
)

select
    cast(period_type as string) as period_type,
    cast(period_start_date as date) as period_start_date,
    cast(is_complete as boolean) as is_complete_period,
    cast(day_count as bigint) as day_count,
    cast(net as decimal(18, 2)) as net,
    cast(previous_net as decimal(18, 2)) as previous_net,
    cast(case when is_complete then {{ growth_rate('net', 'comparable_net') }} end as double) as net_growth_rate,
    cast(previous_year_net as decimal(18, 2)) as previous_year_net,
    cast(case when is_complete then {{ growth_rate('net', 'comparable_year_net') }} end as double)
        as yearly_net_growth_rate,
    cast({{ divide_amount('net', 'day_count') }} as decimal(18, 2)) as net_per_day,
    cast(
        case
            when net > 0 and day_count > 1
                then
                    sqrt(squared_deviation * cast(day_count as double) / nullif(cast(day_count - 1 as double), 0))
                    / nullif(cast(net * 100 as double), 0)
        end as double
    ) as net_volatility,
    cast({{ ratio('season_net * all_days', 'all_net * season_days') }} as double) as seasonal_index
from compared_revenue
