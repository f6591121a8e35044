-- The product of an item is the one of the history on its day; the current row is dim_products's.
-- That an item finds one row and not two is what the history's own tests see to.
select
    'item' as compared,
    items.order_id as found_in
from {{ ref('fct_transactions') }} as items
left join {{ ref('dim_products_history') }} as history
    on
        items.product_id = history.product_id
        and items.order_date >= history.valid_from
        and items.order_date < history.valid_to
where
    history.product_id is null
    or history.category <> items.category
    or history.is_product <> items.is_product
union all
select
    'product' as compared,
    products.product_id as found_in
from {{ ref('dim_products') }} as products
left join {{ ref('dim_products_history') }} as history
    on
        products.product_id = history.product_id
        and history.is_current
where
    history.product_id is null
    or history.is_inferred is distinct from products.is_inferred
    or history.title is distinct from products.title
    or history.category is distinct from products.category
    or history.product_type is distinct from products.product_type
    or history.is_product is distinct from products.is_product
    or history.list_price is distinct from products.list_price
