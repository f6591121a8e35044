with products as (
    select
        delivered.product_id,
        delivered.title,
        delivered.description,
        delivered.category,
        delivered.product_type,
        delivered.list_price,
        delivered.rating,
        delivered.rating_count,
        delivered.image_url,
        delivered.origin
    from {{ source('delivered', 'products') }} as delivered
    {{ without_superseded('products') }}
    union all
    select
        delivered.product_id,
        delivered.title,
        null as description,
        null as category,
        delivered.product_type,
        delivered.list_price,
        null as rating,
        null as rating_count,
        null as image_url,
        delivered.origin
    from {{ ref('int_mentioned_products') }} as delivered
    {{ without_superseded('products', 'delivery_id') }}
)

select
    cast(product_id as string) as product_id,
    cast({{ clean_text('title') }} as string) as title,
    cast({{ clean_text('description') }} as string) as description,
    cast({{ standard_category('category') }} as string) as category,
    cast(product_type as string) as product_type,
    cast(product_type = 'product' as boolean) as is_product,
    cast(list_price as decimal(18, 2)) as list_price,
    cast(rating as decimal(3, 2)) as rating,
    cast(rating_count as integer) as rating_count,
    cast({{ clean_text('image_url') }} as string) as image_url,
    cast(origin as string) as origin
from products
