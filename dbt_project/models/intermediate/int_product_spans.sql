with product_versions as (
    select
        product_id,
        valid_from,
        delivery_id,
        category,
        is_product,
        unit_cost
    from {{ ref('stg_product_versions') }}
),

spans as (
    {{ validity_spans('product_versions', 'product_id', ['category', 'is_product', 'unit_cost']) }}
)

select
    cast(product_id as string) as product_id,
    cast(category as string) as category,
    cast(is_product as boolean) as is_product,
    cast(unit_cost as decimal(18, 4)) as unit_cost,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from spans
