{#- Read by staging, which knows by it which lines are goods. -#}
with product_versions as (
    select
        product_id,
        product_type,
        valid_from,
        delivery_id
    from {{ ref('stg_product_versions') }}
),

products as (
    select
        product_id,
        {{ latest('product_type', ['valid_from', 'delivery_id']) }} as product_type
    from product_versions
    group by product_id
)

select
    cast(product_id as string) as product_id,
    cast(product_type as string) as charge_type
from products
where product_type in ('gift_card', 'shipping', 'fee', 'discount')
