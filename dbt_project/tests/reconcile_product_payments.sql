-- What was paid for a product with all methods is the net of its sales, to the cent.
with sales as (
    select
        product_id,
        sum(net) as net
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and order_id not in (
            select orders.order_id
            from {{ ref('fct_orders') }} as orders
            where
                orders.payment_state = 'not_tracked'
                and orders.captured = 0
        )
    group by product_id
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
