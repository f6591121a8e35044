-- The net of a product is that of the facts, to the cent, and the last product's cumulative net that of all.
with sales as (
    select
        product_id,
        sum(net) as net
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and is_product
    group by product_id
),

totals as (
    select sum(net) as net
    from sales
),

products as (
    select
        product_id,
        net
    from {{ ref('mart_product_pareto') }}

    union all

    select
        'all' as product_id,
        max_by(cumulative_net, net_rank) as net
    from {{ ref('mart_product_pareto') }}
),

expected_products as (
    select
        product_id,
        net
    from sales

    union all

    select
        'all' as product_id,
        net
    from totals
)

select
    coalesce(expected_products.product_id, products.product_id) as product_id,
    expected_products.net as expected_net,
    products.net as found_net
from expected_products
full outer join products on expected_products.product_id = products.product_id
where expected_products.net is distinct from products.net
