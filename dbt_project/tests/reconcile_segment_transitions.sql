-- Who is in a segment after a month leaves it or stays in the next one, who comes from nowhere is new, and the last
-- month ends with the segments of today.
with arrivals as (
    select
        cast({{ dbt.dateadd('month', 1, 'month_start_date') }} as date) as month_start_date,
        to_segment as segment,
        sum(customer_count) as customer_count
    from {{ ref('mart_segment_transitions') }}
    group by month_start_date, to_segment
),

departures as (
    select
        month_start_date,
        from_segment as segment,
        sum(customer_count) as customer_count
    from {{ ref('mart_segment_transitions') }}
    group by month_start_date, from_segment
),

new_customers as (
    select
        month_start_date,
        'prospect' as segment,
        new_customers as customer_count
    from {{ ref('mart_monthly_churn') }}
    where new_customers > 0
),

last_month as (
    select max(month_start_date) as month_start_date
    from {{ ref('mart_monthly_churn') }}
),

customers_today as (
    select
        cast({{ dbt.dateadd('month', 1, 'last_month.month_start_date') }} as date) as month_start_date,
        segments.rfm_segment as segment,
        count(*) as customer_count
    from {{ ref('mart_customer_segments') }} as segments
    cross join last_month
    where segments.total_orders > 0
    group by last_month.month_start_date, segments.rfm_segment
),

arrived as (
    select
        month_start_date,
        segment,
        customer_count
    from arrivals
    union all
    select
        month_start_date,
        segment,
        customer_count
    from new_customers
),

departed as (
    select
        month_start_date,
        segment,
        customer_count
    from departures
    union all
    select
        month_start_date,
        segment,
        customer_count
    from customers_today
)

select
    arrived.month_start_date as arrived_in,
    departed.month_start_date as departed_in,
    arrived.customer_count as arrived_customers,
    departed.customer_count as departed_customers
from arrived
full outer join departed
    on arrived.month_start_date = departed.month_start_date and arrived.segment = departed.segment
where coalesce(arrived.customer_count, 0) <> coalesce(departed.customer_count, 0)
