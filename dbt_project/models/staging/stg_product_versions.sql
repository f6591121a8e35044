{{ config(materialized='ephemeral') }}

-- Two deliveries complete through the same day: the later one is the version of that day.
select
    cast(product_id as varchar) as product_id,
    cast(valid_from as date) as valid_from,
    cast({{ standard_category('category') }} as varchar) as category,
    cast(product_type = 'product' as boolean) as is_product
from {{ source('raw', 'products') }}
qualify row_number() over (partition by product_id, valid_from order by _delivery_id desc, _line desc) = 1
