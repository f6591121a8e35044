"""Wrong rows in the history and the marts of customers, and the tests that must find them."""

BROKEN = {
    "reconcile_customers_history": [
        "update core.dim_customers_history set segment = 'consumer' where customer_id = '007' and is_current",
        "update core.dim_customers_history set valid_from = valid_from + 1 where customer_id = '007' and is_current",
        "update core.dim_customers_history set city = 'Leeds' where customer_id = 'prospect'",
        "delete from core.dim_customers_history where customer_id = 'never delivered'",
    ],
    "reconcile_products_history": [
        "update core.dim_products_history set category = 'toys' where product_id = '3'",
        "update core.dim_products_history set valid_to = date '2028-01-01' where product_id = '1' and not is_current",
        "update core.dim_products_history set list_price = 99.98 where product_id = 'unsold'",
        "delete from core.dim_products_history where product_id = 'unheard of'",
    ],
}
