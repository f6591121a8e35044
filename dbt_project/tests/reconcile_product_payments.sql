-- What was paid for a product with all methods is the net of its sales, to the cent.
with sales as (
    select
        items.product_id,
        sum(items.net) as net
    from {{ ref('fct_transactions') }} as items
    inner join {{ ref('fct_orders') }} as orders on items.order_id = orders.order_id
    where
        orders.is_sale
        and (orders.captured > 0 or orders.payment_state <> 'not_tracked')
    group by items.product_id
),

products as (
    select
        product_id,
        sum(net) as net
    from {{ ref('mart_product_revenue_by_payment') }}
    group by product_id
)

select
    coalesce(sales.product_id, products.product_id) as product_id,
    sales.net as expected_net,
    products.net as found_net
from sales
full outer join products on sales.product_id = products.product_id
where sales.net is distinct from products.net
