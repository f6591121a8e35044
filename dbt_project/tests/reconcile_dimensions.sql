-- The customers' lifetime values add up to the net sales of all days, and the products' revenue to the net.
with mart as (
    select
        sum(net) as net,
        sum(net_sales) as net_sales
    from {{ ref('mart_daily_sales') }}
),

customers as (
    select sum(lifetime_value) as lifetime_value
    from {{ ref('dim_customers') }}
),

products as (
    select sum(total_revenue) as total_revenue
    from {{ ref('dim_products') }}
)

select
    mart.net,
    products.total_revenue,
    mart.net_sales,
    customers.lifetime_value
from mart
cross join customers
cross join products
where
    mart.net <> products.total_revenue
    or mart.net_sales <> customers.lifetime_value
