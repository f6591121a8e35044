with payments as (
    select
        order_id,
        payment_method,
        payment_status,
        is_sale,
        captured,
        net
    from {{ ref('fct_payments') }}
),

uncaptured_sales as (
    select net
    from {{ ref('fct_orders') }}
    where {{ is_sale_without_capture() }}
),

methods as (
    select
        payment_method,
        count(*) as attempt_count,
        count(*) filter (where payment_status = 'succeeded') as succeeded_count,
        sum(captured) as captured,
        count(distinct order_id) filter (where is_sale and captured > 0) as order_count,
        coalesce(sum(net) filter (where is_sale), 0) as net
    from payments
    group by payment_method

    union all

    select
        'none' as payment_method,
        0 as attempt_count,
        0 as succeeded_count,
        0 as captured,
        count(*) as order_count,
        sum(net) as net
    from uncaptured_sales
    having count(*) > 0
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
    cast(payment_method as varchar) as payment_method,
    cast(attempt_count as bigint) as attempt_count,
    cast(succeeded_count as bigint) as succeeded_count,
    cast({{ ratio('succeeded_count', 'attempt_count') }} as double) as success_rate,
    cast(captured as decimal(18, 2)) as captured,
    cast(order_count as bigint) as order_count,
    cast(net as decimal(18, 2)) as net,
    cast({{ ratio('net', 'total_net') }} as double) as net_share,
    cast(net_rank as integer) as net_rank
from ranked_methods
