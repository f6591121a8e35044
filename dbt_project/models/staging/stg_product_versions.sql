{{ config(materialized='ephemeral') }}

with versions as (
    select
        product_id,
        valid_from,
        _delivery_id as delivery_id,
        title,
        category,
        product_type,
        list_price
    from {{ source('delivered', 'products') }}
    union all
    select
        product_id,
        valid_from,
        delivery_id,
        title,
        null as category,
        product_type,
        list_price
    from {{ ref('int_mentioned_products') }}
)

select
    cast(product_id as string) as product_id,
    cast(valid_from as date) as valid_from,
    cast(delivery_id as string) as delivery_id,
    cast({{ clean_text('title') }} as string) as title,
    cast({{ standard_category('category') }} as string) as category,
    cast(product_type as string) as product_type,
    cast(product_type = 'product' as boolean) as is_product,
    cast(list_price as decimal(18, 2)) as list_price
from versions
