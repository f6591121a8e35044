with payment_days as (
    select
        payment_method,
        attempt_count,
        succeeded_count,
        captured,
        order_count,
        net
    from {{ ref('int_payment_days') }}
),

methods as (
    select
        payment_method,
        sum(attempt_count) as attempt_count,
        sum(succeeded_count) as succeeded_count,
        sum(captured) as captured,
        sum(order_count) as order_count,
        sum(net) as net
    from payment_days
    group by payment_method
),

ranked_methods as (
    select
        payment_method,
        attempt_count,
        succeeded_count,
        captured,
        order_count,
        cast(net as decimal(18, 2)) as net,
        cast(sum(net) over () as decimal(18, 2)) as total_net,
        row_number()
            over (order by net desc nulls last, order_count desc nulls last, payment_method asc nulls last)
            as net_rank
    from methods
)

select
    cast(payment_method as string) as payment_method,
    cast(attempt_count as bigint) as attempt_count,
    cast(succeeded_count as bigint) as succeeded_count,
    cast({{ ratio('succeeded_count', 'attempt_count') }} as double) as success_rate,
    cast(captured as decimal(18, 2)) as captured,
    cast(order_count as bigint) as order_count,
    cast(net as decimal(18, 2)) as net,
    cast({{ ratio('net', 'total_net') }} as double) as net_share,
    cast(net_rank as integer) as net_rank
from ranked_methods
