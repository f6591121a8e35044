with inventory as (
    select
        stock_date,
        product_id,
        stock_on_hand,
        received_units,
        is_stock_out
    from {{ ref('fct_inventory_daily') }}
),

products as (
    select
        product_id,
        title,
        category
    from {{ ref('dim_products') }}
),

product_days as (
    select
        order_date,
        product_id,
        quantity
    from {{ ref('int_product_days') }}
    where item_count > 0
),

-- The last day of the whole inventory, so that a product that is reported no more does not keep its demand of then.
inventory_end as (
    select max(stock_date) as as_of_date
    from inventory
),

recent_span as (
    select
        as_of_date,
        cast({{ dbt.dateadd('day', 1 - setting('cover_days'), 'as_of_date') }} as date) as first_recent_date
    from inventory_end
),

product_stock as (
    select
        inventory.product_id,
        max(inventory.stock_date) as stock_date,
        max_by(inventory.stock_on_hand, inventory.stock_date) as stock_on_hand,
        max(case when inventory.received_units > 0 then inventory.stock_date end) as last_received_date,
        count(*) as tracked_days,
        count(*) filter (where inventory.is_stock_out) as stock_out_days,
        count(*) filter (
            where inventory.is_stock_out and inventory.stock_date >= recent_span.first_recent_date
        ) as recent_stock_out_days
    from inventory
    cross join recent_span
    group by inventory.product_id
),

product_sales as (
    select
        product_days.product_id,
        sum(product_days.quantity) as recent_units_sold
    from product_days
    inner join recent_span
        on
            product_days.order_date >= recent_span.first_recent_date
            and product_days.order_date <= recent_span.as_of_date
    group by product_days.product_id
),

product_status as (
    select
        product_stock.product_id,
        products.title,
        products.category,
        inventory_end.as_of_date,
        product_stock.stock_date,
        product_stock.stock_on_hand,
        greatest(product_stock.stock_on_hand, 0) as available_units,
        product_stock.last_received_date,
        product_stock.tracked_days,
        product_stock.stock_out_days,
        product_stock.recent_stock_out_days,
        coalesce(product_sales.recent_units_sold, 0) as recent_units_sold
    from product_stock
    cross join inventory_end
    left join products on product_stock.product_id = products.product_id
    left join product_sales on product_stock.product_id = product_sales.product_id
)

select
    cast(product_id as string) as product_id,
    cast(title as string) as title,
    cast(category as string) as category,
    cast(as_of_date as date) as as_of_date,
    cast(stock_date as date) as stock_date,
    cast(stock_on_hand as bigint) as stock_on_hand,
    cast(recent_units_sold as decimal(18, 3)) as recent_units_sold,
    cast(
        cast(available_units * {{ setting('cover_days') }} as double)
        / nullif(cast(recent_units_sold as double), 0) as double
    ) as days_of_cover,
    cast(last_received_date as date) as last_received_date,
    cast(tracked_days as bigint) as tracked_days,
    cast(stock_out_days as bigint) as stock_out_days,
    cast(recent_stock_out_days as bigint) as recent_stock_out_days,
    cast(
        available_units * {{ setting('cover_days') }} < recent_units_sold * {{ setting('reorder_days') }} as boolean
    ) as is_reorder_due
from product_status
