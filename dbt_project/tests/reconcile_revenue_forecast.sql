-- The forecast begins with the week after the last whole one of the facts and has twelve weeks, or there is none.
with last_day as (
    select max(order_date) as last_order_date
    from {{ ref('fct_orders') }}
),

following_week as (
    select
        cast({{ dbt.date_trunc('week', dbt.dateadd('day', 1, 'last_order_date')) }} as date) as first_week,
        cast(
            {{ dbt.dateadd('day', 77, dbt.date_trunc('week', dbt.dateadd('day', 1, 'last_order_date'))) }} as date
        ) as last_week
    from last_day
),

forecast_weeks as (
    select
        min(week_start_date) as first_week,
        max(week_start_date) as last_week,
        count(*) as week_count
    from {{ ref('mart_revenue_forecast') }}
)

select
    forecast_weeks.first_week,
    forecast_weeks.last_week,
    forecast_weeks.week_count,
    following_week.first_week as expected_first_week
from forecast_weeks
cross join following_week
where
    forecast_weeks.week_count > 0
    and (
        forecast_weeks.week_count <> 12
        or forecast_weeks.first_week <> following_week.first_week
        or forecast_weeks.last_week <> following_week.last_week
    )
