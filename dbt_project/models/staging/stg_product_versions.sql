{{ config(materialized='ephemeral') }}

with deliveries as (
    select
        delivery_id,
        coalesce(file_order || ' ', '') || delivery_id as delivery_place
    from {{ source('raw', 'load_ledger') }}
),

delivered_versions as (
    select
        product_id,
        valid_from,
        _delivery_id as delivery_id,
        title,
        category,
        product_type,
        list_price,
        unit_cost
    from {{ source('delivered', 'products') }}
    union all
    select
        product_id,
        valid_from,
        delivery_id,
        title,
        null as category,
        product_type,
        list_price,
        null as unit_cost
    from {{ ref('int_mentioned_products') }}
),

versions as (
    select
        delivered_versions.product_id,
        delivered_versions.valid_from,
        delivered_versions.title,
        delivered_versions.category,
        delivered_versions.product_type,
        delivered_versions.list_price,
        delivered_versions.unit_cost,
        deliveries.delivery_place as delivery_id
    from delivered_versions
    inner join deliveries on delivered_versions.delivery_id = deliveries.delivery_id
)

select
    cast(product_id as string) as product_id,
    cast(valid_from as date) as valid_from,
    cast(delivery_id as string) as delivery_id,
    cast({{ clean_text('title') }} as string) as title,
    cast({{ standard_category('category') }} as string) as category,
    cast(product_type as string) as product_type,
    cast(product_type = 'product' as boolean) as is_product,
    cast(list_price as decimal(18, 2)) as list_price,
    cast(unit_cost as decimal(18, 4)) as unit_cost
from versions
