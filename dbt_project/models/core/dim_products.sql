with products as (
    select
        product_id,
        title,
        category,
        product_type,
        is_product,
        list_price,
        rating,
        rating_count,
        image_url,
        origin
    from {{ ref('stg_products') }}
),

product_days as (
    select
        product_id,
        order_date,
        item_count,
        quantity,
        net
    from {{ ref('int_product_days') }}
),

refunds as (
    select
        product_id,
        case when is_counted then quantity end as quantity
    from {{ ref('fct_refunds') }}
    where product_id is not null
),

inventory as (
    select
        product_id,
        stock_date,
        stock_on_hand
    from {{ ref('fct_inventory_daily') }}
),

events as (
    select product_id
    from {{ ref('fct_events') }}
),

product_sales as (
    select
        product_id,
        sum(net) as total_revenue,
        sum(quantity) as total_units_sold,
        min(order_date) filter (where item_count > 0) as first_sold_date,
        max(order_date) filter (where item_count > 0) as last_sold_date
    from product_days
    group by product_id
),

product_returns as (
    select
        product_id,
        sum(quantity) as returned_units
    from refunds
    group by product_id
),

product_stock as (
    select
        product_id,
        max_by(stock_on_hand, stock_date) as stock_on_hand
    from inventory
    group by product_id
),

members as (
    select product_id from products
    union distinct
    select product_id from product_sales
    union distinct
    select product_id from product_returns
    union distinct
    select product_id from product_stock
    union distinct
    select product_id from events
    where product_id is not null
),

member_sales as (
    select
        members.product_id,
        products.product_id is null as is_inferred,
        products.title,
        coalesce(products.category, 'unknown') as category,
        coalesce(products.product_type, 'product') as product_type,
        coalesce(products.is_product, true) as is_product,
        products.list_price,
        products.rating,
        products.rating_count,
        products.image_url,
        coalesce(products.origin, 'inferred') as origin,
        product_sales.first_sold_date is not null as is_sold,
        coalesce(product_sales.total_revenue, 0) as total_revenue,
        coalesce(product_sales.total_units_sold, 0) as total_units_sold,
        coalesce(product_returns.returned_units, 0) as returned_units,
        product_sales.first_sold_date,
        product_sales.last_sold_date,
        product_stock.stock_on_hand
    from members
    left join products on members.product_id = products.product_id
    left join product_sales on members.product_id = product_sales.product_id
    left join product_returns on members.product_id = product_returns.product_id
    left join product_stock on members.product_id = product_stock.product_id
),

-- Percentile cuts over what was sold, not ntile: equal revenues get equal tiers.
performance_cuts as (
    select
        percentile_cont({{ setting('high_performance_from') }}) within group (
            order by cast(total_revenue as double) asc
        ) as high_from,
        percentile_cont({{ setting('medium_performance_from') }}) within group (
            order by cast(total_revenue as double) asc
        ) as medium_from
    from member_sales
    where is_product and is_sold
)

select
    cast(member_sales.product_id as string) as product_id,
    cast(member_sales.is_inferred as boolean) as is_inferred,
    cast(member_sales.title as string) as title,
    cast(member_sales.category as string) as category,
    cast(member_sales.product_type as string) as product_type,
    cast(member_sales.is_product as boolean) as is_product,
    cast(member_sales.list_price as decimal(18, 2)) as list_price,
    cast(
        case
            when member_sales.list_price is null then 'unpriced'
            when {{ setting('premium_from') is none }} then 'no_tiers'
            when member_sales.list_price >= {{ setting('premium_from') or 'null' }} then 'premium'
            when member_sales.list_price >= {{ setting('mid_range_from') or 'null' }} then 'mid_range'
            else 'budget'
        end as string
    ) as price_tier,
    cast(member_sales.rating as decimal(18, 2)) as rating,
    cast(member_sales.rating_count as integer) as rating_count,
    cast(member_sales.image_url as string) as image_url,
    cast(member_sales.origin as string) as origin,
    cast(member_sales.total_revenue as decimal(18, 2)) as total_revenue,
    cast(member_sales.total_units_sold as decimal(18, 3)) as total_units_sold,
    cast(member_sales.returned_units as decimal(18, 3)) as returned_units,
    cast(member_sales.first_sold_date as date) as first_sold_date,
    cast(member_sales.last_sold_date as date) as last_sold_date,
    cast(member_sales.stock_on_hand as bigint) as stock_on_hand,
    cast(
        case
            when member_sales.stock_on_hand is null then 'not_tracked'
            when member_sales.stock_on_hand <= 0 then 'out_of_stock'
            else 'in_stock'
        end as string
    ) as stock_status,
    cast(
        case
            when not member_sales.is_product then 'not_a_product'
            when not member_sales.is_sold then 'unsold'
            when cast(member_sales.total_revenue as double) >= performance_cuts.high_from then 'high'
            when cast(member_sales.total_revenue as double) >= performance_cuts.medium_from then 'medium'
            else 'low'
        end as string
    ) as performance_tier
from member_sales
cross join performance_cuts
