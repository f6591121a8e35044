"""Wrong rows in the marts of products, channels and operations, and the tests that must find them."""

FALSE = {
    "mart_commerce_summary_amounts_add_up": "net_sales = net_sales + 0.01",
    "mart_channel_sales_amounts_add_up": "net = net + 0.01",
    "mart_orders_for_review_found_is_not_expected": "found_value = expected_value",
    "fct_refunds_parts_add_up": "other_amount = other_amount + 0.01",
}
BROKEN = {
    "reconcile_top_skus": [
        "update marts.mart_top_skus set net = net + 0.01 where product_id = '1'",
        "delete from marts.mart_top_skus where product_id = 'unheard of'",
    ],
    "reconcile_product_pareto": [
        "update marts.mart_product_pareto set net = net + 0.01 where product_id = '1'",
        "update marts.mart_product_pareto set cumulative_net = cumulative_net - 0.01",
        "delete from marts.mart_product_pareto where product_id = 'unheard of'",
    ],
    "reconcile_sales_mix": [
        "update marts.mart_sales_mix set net = net + 0.01 where order_date = date '2028-01-01'",
        "update marts.mart_sales_mix set order_count = 9 where rowid = (select min(rowid) from marts.mart_sales_mix)",
        "delete from marts.mart_sales_mix where order_date = date '2028-01-01'",
    ],
    "reconcile_orders_for_review": [
        "update marts.mart_orders_for_review set expected_value = 99.98 where order_id = 'overpaid'",
        "delete from marts.mart_orders_for_review where order_id = 'cancelled'",
    ],
}
