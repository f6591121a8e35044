{%- set attributes = ['title', 'category', 'product_type', 'is_product', 'list_price'] -%}

with products as (
    select
        product_id,
        is_inferred
    from {{ ref('dim_products') }}
),

product_versions as (
    select
        product_id,
        valid_from,
        delivery_id,
        title,
        category,
        product_type,
        is_product,
        list_price
    from {{ ref('stg_product_versions') }}
),

delivered_spans as (
    {{ validity_spans('product_versions', 'product_id', attributes) }}
),

-- A product that was never delivered is unknown for all time, so that every sale has its row here.
spans as (
    select
        products.product_id,
        products.is_inferred,
        coalesce(delivered_spans.valid_from, {{ first_valid_date() }}) as valid_from,
        coalesce(delivered_spans.valid_to, {{ last_valid_date() }}) as valid_to,
        delivered_spans.title,
        coalesce(delivered_spans.category, 'unknown') as category,
        coalesce(delivered_spans.product_type, 'product') as product_type,
        coalesce(delivered_spans.is_product, true) as is_product,
        delivered_spans.list_price
    from products
    left join delivered_spans on products.product_id = delivered_spans.product_id
)

select
    cast(product_id as varchar) as product_id,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(valid_to = {{ last_valid_date() }} as boolean) as is_current,
    cast(is_inferred as boolean) as is_inferred,
    cast(title as varchar) as title,
    cast(category as varchar) as category,
    cast(product_type as varchar) as product_type,
    cast(is_product as boolean) as is_product,
    cast(list_price as decimal(18, 2)) as list_price
from spans
