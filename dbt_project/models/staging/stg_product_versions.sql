{{ config(materialized='ephemeral') }}

select
    cast(product_id as varchar) as product_id,
    cast(valid_from as date) as valid_from,
    cast(_delivery_id as varchar) as delivery_id,
    cast({{ standard_category('category') }} as varchar) as category,
    cast(product_type = 'product' as boolean) as is_product
from {{ source('raw', 'products') }}
