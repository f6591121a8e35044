with targets as (
    select
        month_start_date,
        metric_name,
        target_amount
    from {{ ref('stg_targets') }}
)

select
    cast(month_start_date as date) as month_start_date,
    cast(metric_name as string) as metric_name,
    cast(target_amount as decimal(18, 2)) as target_amount
from targets
