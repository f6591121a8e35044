-- Every customer but the unknown one has a segment, with the orders and the value of dim_customers.
select
    customers.customer_id as expected_customer_id,
    segments.customer_id as found_customer_id,
    customers.lifetime_value as expected_lifetime_value,
    segments.lifetime_value as found_lifetime_value
from (
    select
        customer_id,
        total_orders,
        lifetime_value
    from {{ ref('dim_customers') }}
    where customer_id <> 'unknown'
) as customers
full outer join {{ ref('mart_customer_segments') }} as segments on customers.customer_id = segments.customer_id
where
    customers.customer_id is distinct from segments.customer_id
    or customers.total_orders <> segments.total_orders
    or customers.lifetime_value <> segments.lifetime_value
    or (segments.rfm_segment in ('prospect', 'returned_only')) <> (customers.total_orders = 0)
