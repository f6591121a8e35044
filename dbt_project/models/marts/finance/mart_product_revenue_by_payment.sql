with payment_days as (
    select
        product_id,
        payment_method,
        item_count,
        net
    from {{ ref('int_product_payment_days') }}
),

product_methods as (
    select
        product_id,
        payment_method,
        sum(item_count) as item_count,
        cast(sum(net) as decimal(18, 2)) as net
    from payment_days
    group by product_id, payment_method
),

ranked_methods as (
    select
        product_id,
        payment_method,
        item_count,
        net,
        cast(sum(net) over (partition by product_id) as decimal(18, 2)) as product_net,
        row_number() over (
            partition by product_id
            order by net desc nulls last, item_count desc nulls last, payment_method asc nulls last
        ) as preference_rank
    from product_methods
)

select
    cast(product_id as string) as product_id,
    cast(payment_method as string) as payment_method,
    cast(item_count as bigint) as item_count,
    cast(net as decimal(18, 2)) as net,
    cast({{ ratio('net', 'product_net') }} as double) as net_share,
    cast(preference_rank as integer) as preference_rank
from ranked_methods
