with subscriptions as (
    select
        customer_id,
        started_date,
        ended_date,
        monthly_amount
    from {{ ref('fct_subscriptions') }}
),

-- The day that the last month counts to: who pays nothing more is gone by the day of the run, whatever was sold since.
last_day as (
    select business_date as as_of_date
    from {{ ref('int_client') }}
),

first_month as (
    select cast({{ dbt.date_trunc('month', 'min(started_date)') }} as date) as first_date
    from subscriptions
),

months as (
    select
        dates.month_start_date,
        max(dates.calendar_date) as measured_date
    from {{ ref('dim_date') }} as dates
    inner join first_month on dates.calendar_date >= first_month.first_date
    inner join last_day on dates.calendar_date <= last_day.as_of_date
    group by dates.month_start_date
),

subscribers as (
    select
        customer_id,
        min(started_date) as first_started_date
    from subscriptions
    group by customer_id
),

-- What each customer pays a month at the end of each month from the first subscription on.
balances as (
    select
        subscribers.customer_id,
        months.month_start_date,
        coalesce(sum(subscriptions.monthly_amount), 0) as mrr
    from subscribers
    inner join months on subscribers.first_started_date <= months.measured_date
    left join subscriptions
        on
            subscribers.customer_id = subscriptions.customer_id
            and months.measured_date >= subscriptions.started_date
            and months.measured_date < coalesce(subscriptions.ended_date, cast('9999-12-31' as date))
    group by subscribers.customer_id, months.month_start_date
),

changes as (
    select
        customer_id,
        month_start_date,
        mrr,
        coalesce(lag(mrr) over (partition by customer_id order by month_start_date asc nulls last), 0) as mrr_before,
        coalesce(
            max(mrr) over (
                partition by customer_id
                order by month_start_date asc nulls last rows between unbounded preceding and 1 preceding
            ), 0
        ) as most_before
    from balances
),

movements as (
    select
        month_start_date,
        sum(mrr_before) as opening_mrr,
        sum(case when most_before = 0 then mrr else 0 end) as new_mrr,
        sum(case when mrr_before = 0 and most_before > 0 then mrr else 0 end) as reactivated_mrr,
        sum(case when mrr_before > 0 and mrr > mrr_before then mrr - mrr_before else 0 end) as expansion_mrr,
        sum(case when mrr > 0 and mrr < mrr_before then mrr_before - mrr else 0 end) as contraction_mrr,
        sum(case when mrr = 0 then mrr_before else 0 end) as churned_mrr,
        sum(mrr) as closing_mrr,
        count(*) filter (where most_before = 0 and mrr > 0) as new_subscribers,
        count(*) filter (where mrr_before = 0 and most_before > 0 and mrr > 0) as reactivated_subscribers,
        count(*) filter (where mrr_before > 0 and mrr = 0) as churned_subscribers,
        count(*) filter (where mrr > 0) as closing_subscribers
    from changes
    group by month_start_date
)

select
    cast(months.month_start_date as date) as month_start_date,
    cast(months.measured_date as date) as measured_date,
    cast(coalesce(movements.opening_mrr, 0) as decimal(18, 2)) as opening_mrr,
    cast(coalesce(movements.new_mrr, 0) as decimal(18, 2)) as new_mrr,
    cast(coalesce(movements.reactivated_mrr, 0) as decimal(18, 2)) as reactivated_mrr,
    cast(coalesce(movements.expansion_mrr, 0) as decimal(18, 2)) as expansion_mrr,
    cast(coalesce(movements.contraction_mrr, 0) as decimal(18, 2)) as contraction_mrr,
    cast(coalesce(movements.churned_mrr, 0) as decimal(18, 2)) as churned_mrr,
    cast(coalesce(movements.closing_mrr, 0) as decimal(18, 2)) as closing_mrr,
    cast(coalesce(movements.new_subscribers, 0) as bigint) as new_subscribers,
    cast(coalesce(movements.reactivated_subscribers, 0) as bigint) as reactivated_subscribers,
    cast(coalesce(movements.churned_subscribers, 0) as bigint) as churned_subscribers,
    cast(coalesce(movements.closing_subscribers, 0) as bigint) as closing_subscribers
from months
left join movements on months.month_start_date = movements.month_start_date
