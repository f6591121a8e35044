with monthly_sales as (
    select
        month_start_date,
        is_complete_month,
        has_first_day,
        net
    from {{ ref('int_monthly_sales') }}
),

compared_revenue as (
    select
        month_start_date,
        is_complete_month,
        net,
        lag(net) over (order by month_start_date asc nulls last) as previous_month_net,
        lag(case when has_first_day then net end) over (order by month_start_date asc nulls last) as comparable_net
    from monthly_sales
)

-- A month that is not over would always seem to shrink, and the one after half a month to grow.
select
    cast(month_start_date as date) as month_start_date,
    cast(is_complete_month as boolean) as is_complete_month,
    cast(net as decimal(18, 2)) as net,
    cast(previous_month_net as decimal(18, 2)) as previous_month_net,
    cast(case when is_complete_month then net - comparable_net end as decimal(18, 2)) as net_change,
    cast(case when is_complete_month then {{ growth_rate('net', 'comparable_net') }} end as double) as net_growth_rate
from compared_revenue
