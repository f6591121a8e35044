{%- set weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
{%- set days_after_monday = weekdays.index(setting('week_starts_on', 'monday')) -%}
{%- set first_month = setting('fiscal_year_starts', 1) -%}

with orders as (
    select order_date
    from {{ ref('fct_orders') }}
),

refunds as (
    select refunded_date
    from {{ ref('fct_refunds') }}
),

ad_spend as (
    select spend_date
    from {{ ref('fct_ad_spend') }}
),

inventory as (
    select stock_date
    from {{ ref('fct_inventory_daily') }}
),

events as (
    select event_date
    from {{ ref('fct_events') }}
),

subscriptions as (
    select
        started_date,
        ended_date
    from {{ ref('fct_subscriptions') }}
),

targets as (
    select month_start_date
    from {{ ref('dim_targets') }}
),

annotations as (
    select annotated_date
    from {{ ref('dim_annotations') }}
),

weather as (
    select weather_date
    from {{ ref('fct_weather') }}
),

client as (
    select business_date
    from {{ ref('stg_client') }}
),

sales_days as (
    select order_date as data_date from orders
    union distinct
    select refunded_date as data_date from refunds
),

data_span as (
    select
        min(data_date) as first_sales_date,
        max(data_date) as last_data_date
    from sales_days
),

-- Through the last sale or return, and the quiet days after it that the warehouse was run for, to the end of its month.
sales_span as (
    select
        data_span.first_sales_date,
        greatest(
            data_span.last_data_date,
            least(
                client.business_date,
                cast({{ dbt.last_day('data_span.last_data_date', 'month') }} as date)
            )
        ) as last_sales_date
    from data_span
    cross join client
),

data_days as (
    select data_date from sales_days
    union distinct
    select spend_date as data_date from ad_spend
    union distinct
    select stock_date as data_date from inventory
    union distinct
    select event_date as data_date from events
    union distinct
    select started_date as data_date from subscriptions
    union distinct
    select client.business_date as data_date
    from client
    where exists (select 1 from subscriptions)
    union distinct
    -- An end further ahead than anything can be planned for stands for none, such as 9999-12-31.
    select subscriptions.ended_date as data_date
    from subscriptions
    cross join client
    where subscriptions.ended_date < {{ dbt.dateadd('year', 20, 'client.business_date') }}
    union distinct
    select month_start_date as data_date from targets
    union distinct
    select annotated_date as data_date from annotations
    union distinct
    select weather_date as data_date from weather
),

-- A fiscal year is called by the year that it ends in, which is that of the same day so many months later.
data_years as (
    select
        cast({{ dbt.date_trunc('year', 'min(data_date)') }} as date) as first_date,
        {{ dbt.date_trunc('year', dbt.dateadd('month', (13 - first_month) % 12, 'max(data_date)')) }} as last_year
    from data_days
),

-- Whole calendar years, as time functions of BI tools expect of a date table.
calendar_years as (
    select
        first_date,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('year', 1, 'last_year')) }} as date) as last_date
    from data_years
),

days as (
    {{ date_range('calendar_years', 'first_date', 'last_date') }}
),

weeks as (
    select
        calendar_date,
        cast({{ dbt.date_trunc('week', 'calendar_date') }} as date) as monday,
        {{ iso_day_of_week('calendar_date') }} as day_of_week
    from days
),

-- The ISO week belongs to the year of its Thursday.
thursdays as (
    select
        calendar_date,
        day_of_week,
        (day_of_week + 6 - {{ days_after_monday }}) % 7 as days_in_week_before,
        (extract(month from calendar_date) + 12 - {{ first_month }}) % 12 as months_in_fiscal_year_before,
        cast({{ dbt.dateadd('day', 3, 'monday') }} as date) as thursday
    from weeks
)

select
    cast(thursdays.calendar_date as date) as calendar_date,
    cast(extract(year from thursdays.calendar_date) as integer) as calendar_year,
    cast(extract(quarter from thursdays.calendar_date) as integer) as calendar_quarter,
    cast(extract(month from thursdays.calendar_date) as integer) as calendar_month,
    cast({{ month_name('thursdays.calendar_date') }} as string) as month_name,
    cast({{ dbt.date_trunc('month', 'thursdays.calendar_date') }} as date) as month_start_date,
    cast(extract(year from thursdays.thursday) as integer) as iso_year,
    cast(floor(cast(extract(doy from thursdays.thursday) - 1 as double) / 7) + 1 as integer) as iso_week,
    cast({{ dbt.dateadd('day', '-thursdays.days_in_week_before', 'thursdays.calendar_date') }} as date) as week_start_date,  -- noqa: LT05
    cast(extract(day from thursdays.calendar_date) as integer) as day_of_month,
    cast(thursdays.day_of_week as integer) as day_of_week,
    cast({{ day_name('thursdays.calendar_date') }} as string) as day_name,
    cast(thursdays.day_of_week >= 6 as boolean) as is_weekend,
    cast(
        coalesce(
            thursdays.calendar_date >= sales_span.first_sales_date
            and thursdays.calendar_date <= sales_span.last_sales_date,
            false
        ) as boolean
    ) as is_in_sales_span,
    cast(
        extract(year from thursdays.calendar_date) {% if first_month > 1 %}
        + case when extract(month from thursdays.calendar_date) >= {{ first_month }} then 1 else 0 end{% endif %} as integer
    ) as fiscal_year,
    cast(floor(cast(thursdays.months_in_fiscal_year_before as double) / 3) + 1 as integer) as fiscal_quarter
from thursdays
cross join sales_span
