-- A month closes with the periods that last at its end, and opens with what the month before closed with.
with mart as (
    select
        month_start_date as data_date,
        measured_date,
        opening_mrr,
        closing_mrr,
        closing_subscribers,
        lag(closing_mrr) over (order by month_start_date asc) as closing_before
    from {{ ref('mart_subscriptions') }}
),

lasting as (
    select
        mart.data_date,
        sum(subscriptions.monthly_amount) as closing_mrr,
        count(distinct case when subscriptions.monthly_amount > 0 then subscriptions.customer_id end) as subscribers
    from mart
    inner join {{ ref('fct_subscriptions') }} as subscriptions
        on
            mart.measured_date >= subscriptions.started_date
            and mart.measured_date < coalesce(subscriptions.ended_date, cast('9999-12-31' as date))
    group by mart.data_date
)

select
    mart.data_date,
    mart.opening_mrr,
    mart.closing_before,
    mart.closing_mrr,
    lasting.closing_mrr as lasting_mrr
from mart
left join lasting on mart.data_date = lasting.data_date
where
    mart.opening_mrr <> coalesce(mart.closing_before, 0)
    or mart.closing_mrr <> coalesce(lasting.closing_mrr, 0)
    or mart.closing_subscribers <> coalesce(lasting.subscribers, 0)
