-- The customer of an item is the one of the history on its day; the current row is dim_customers's.
-- That an item finds one row and not two is what the history's own tests see to.
select
    'item' as compared,
    items.order_id as found_in
from {{ ref('fct_transactions') }} as items
left join {{ ref('dim_customers_history') }} as history
    on
        items.customer_id = history.customer_id
        and items.order_date >= history.valid_from
        and items.order_date < history.valid_to
where
    history.customer_id is null
    or history.segment <> items.customer_segment
    or history.country <> items.customer_country
union all
select
    'customer' as compared,
    customers.customer_id as found_in
from {{ ref('dim_customers') }} as customers
left join {{ ref('dim_customers_history') }} as history
    on
        customers.customer_id = history.customer_id
        and history.is_current
where
    history.customer_id is null
    or history.is_inferred is distinct from customers.is_inferred
    or history.first_name is distinct from customers.first_name
    or history.last_name is distinct from customers.last_name
    or history.email is distinct from customers.email
    or history.phone is distinct from customers.phone
    or history.city is distinct from customers.city
    or history.postal_code is distinct from customers.postal_code
    or history.country is distinct from customers.country
    or history.segment is distinct from customers.segment
