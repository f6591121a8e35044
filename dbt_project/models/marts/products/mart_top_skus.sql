with product_days as (
    select
        order_date,
        product_id,
        quantity as units_sold,
        net
    from {{ ref('int_product_days') }}
    where
        item_count > 0
        and is_product
)

select
    cast(order_date as date) as calendar_date,
    cast(product_id as string) as product_id,
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(net as decimal(18, 2)) as net,
    cast(
        row_number()
            over (
                partition by order_date
                order by net desc nulls last, units_sold desc nulls last, product_id asc nulls last
            )
        as integer
    ) as net_rank,
    cast(
        row_number()
            over (
                partition by order_date
                order by units_sold desc nulls last, net desc nulls last, product_id asc nulls last
            )
        as integer
    ) as units_rank
from product_days
