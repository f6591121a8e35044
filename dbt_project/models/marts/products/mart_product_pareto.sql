with product_days as (
    select
        product_id,
        net
    from {{ ref('int_product_days') }}
    where
        item_count > 0
        and is_product
),

product_sales as (
    select
        product_id,
        cast(sum(net) as decimal(18, 2)) as net
    from product_days
    group by product_id
),

ranked_products as (
    select
        product_id,
        net,
        row_number() over (order by net desc nulls last, product_id asc nulls last) as net_rank,
        cast(
            sum(net) over (
                order by net desc nulls last, product_id asc nulls last
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as cumulative_net,
        cast(sum(net) over () as decimal(18, 2)) as total_net
    from product_sales
)

-- The product that crosses a limit still belongs to the class above it, so that each class reaches its share.
select
    cast(product_id as string) as product_id,
    cast(net as decimal(18, 2)) as net,
    cast(net_rank as integer) as net_rank,
    cast({{ ratio('net', 'total_net') }} as double) as net_share,
    cast(cumulative_net as decimal(18, 2)) as cumulative_net,
    cast({{ ratio('cumulative_net', 'total_net') }} as double) as cumulative_share,
    cast(
        case
            when cumulative_net - net < total_net * {{ setting('class_a_share') }} then 'A'
            when cumulative_net - net < total_net * {{ setting('class_b_share') }} then 'B'
            else 'C'
        end as string
    ) as abc_class
from ranked_products
