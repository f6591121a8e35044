{{
    config(
        materialized='incremental',
        incremental_strategy='replace_deliveries',
        on_schema_change='fail'
    )
}}

{%- set rules = product_rules() -%}
{%- set moment = ['mentioned_at', 'line_in_file', 'line_number'] -%}

with new_deliveries as (
    {{ deliveries_to_add(['orders', 'order_lines', 'order_items']) }}
),

client as (
    select
        has_items,
        has_products
    from {{ source('raw', 'client') }}
),

-- None where products are delivered: what mentions them is not read then.
deliveries as (
    select
        new_deliveries.delivery_id,
        new_deliveries.logical_date,
        new_deliveries.origin
    from new_deliveries
    inner join client on not client.has_products
),

-- Sales first: what stock corrections say of a product is "damaged" or "?", and their price is 0.
mentions as (
    select
        product_id,
        description,
        unit_price,
        line_type = 'sale' as is_sale,
        line_at as mentioned_at,
        line_in_file,
        line_number,
        delivery_id
    from {{ ref('int_order_lines') }}
    where delivery_id in (select deliveries.delivery_id from deliveries)
    union all
    select
        product_id,
        null as description,
        unit_price,
        true as is_sale,
        cast('1900-01-01' as timestamp) as mentioned_at,
        _line as line_in_file,
        line_number,
        _delivery_id as delivery_id
    from {{ source('delivered', 'order_items') }}
    where _delivery_id in (select deliveries.delivery_id from deliveries)
),

mentions_to_add as (
    select
        mentions.product_id,
        mentions.description,
        mentions.unit_price,
        mentions.is_sale,
        mentions.mentioned_at,
        mentions.line_in_file,
        mentions.line_number,
        deliveries.delivery_id,
        deliveries.logical_date,
        deliveries.origin
    from mentions
    inner join deliveries on mentions.delivery_id = deliveries.delivery_id
),

products as (
    select
        product_id,
        coalesce(
            {{ latest('description', moment) }} filter (where is_sale and description is not null),
            {{ latest('description', moment) }} filter (where description is not null)
        ) as title,
        coalesce(
            {{ latest('unit_price', moment) }} filter (where is_sale and unit_price > 0),
            {{ latest('unit_price', moment) }} filter (where unit_price >= 0)
        ) as list_price,
        {{ by_product_rules(rules, 'product_id') }} as product_type,
        min(origin) as origin,
        min(logical_date) as valid_from,
        delivery_id
    from mentions_to_add
    group by delivery_id, product_id
),

-- What orders without items sold is one product.
unspecified as (
    select
        'unspecified' as product_id,
        'Unspecified' as title,
        cast(null as decimal(18, 2)) as list_price,
        'product' as product_type,
        new_deliveries.origin,
        new_deliveries.logical_date as valid_from,
        new_deliveries.delivery_id
    from new_deliveries
    inner join client on not client.has_items
    where new_deliveries.delivery_id in (select orders._delivery_id from {{ source('delivered', 'orders') }} as orders)
),

all_products as (
    select
        product_id,
        title,
        list_price,
        product_type,
        origin,
        valid_from,
        delivery_id
    from products
    union all
    select
        product_id,
        title,
        list_price,
        product_type,
        origin,
        valid_from,
        delivery_id
    from unspecified
)

select
    cast(product_id as string) as product_id,
    cast(title as string) as title,
    cast(list_price as decimal(18, 2)) as list_price,
    cast(product_type as string) as product_type,
    cast(origin as string) as origin,
    cast(valid_from as date) as valid_from,
    cast(delivery_id as string) as delivery_id
from all_products
