-- The mart has every product of the inventory once, with the stock that dim_products has, and all of its days.
with facts as (
    select
        product_id,
        count(*) as tracked_days,
        count(case when is_stock_out then 1 end) as stock_out_days
    from {{ ref('fct_inventory_daily') }}
    group by product_id
),

expected as (
    select
        products.product_id,
        products.stock_on_hand,
        facts.tracked_days,
        facts.stock_out_days
    from {{ ref('dim_products') }} as products
    inner join facts on products.product_id = facts.product_id
)

select
    coalesce(expected.product_id, mart.product_id) as product_id,
    expected.stock_on_hand,
    mart.stock_on_hand as mart_stock_on_hand
from expected
full outer join {{ ref('mart_inventory_status') }} as mart on expected.product_id = mart.product_id
where
    expected.stock_on_hand is distinct from mart.stock_on_hand
    or expected.tracked_days is distinct from mart.tracked_days
    or expected.stock_out_days is distinct from mart.stock_out_days
