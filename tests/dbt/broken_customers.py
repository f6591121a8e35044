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
    "reconcile_monthly_churn": [
        "update marts.mart_monthly_churn set active_customers = active_customers + 1 where new_customers = 0",
        "update marts.mart_monthly_churn set new_customers = new_customers + 1 where month_start_date = '2028-02-01'",
        "delete from marts.mart_monthly_churn where month_start_date = '2028-01-01'",
    ],
    "reconcile_monthly_active_customers": [
        "update marts.mart_monthly_active_customers set new_customers = new_customers + 1 where active_customers = 0",
        "delete from marts.mart_monthly_active_customers where month_start_date = '2028-01-01' and country = 'US'",
    ],
    "reconcile_cohort_retention": [
        "update marts.mart_cohort_retention set active_customers = active_customers + 1 where months_since_first = 2",
        "update marts.mart_cohort_retention set cohort_customers = 9 where months_since_first = 0",
        "delete from marts.mart_cohort_retention where cohort_month = '2028-01-01' and months_since_first = 0",
    ],
    "reconcile_customer_segments": [
        "update marts.mart_customer_segments set lifetime_value = lifetime_value + 0.01 where customer_id = '007'",
        "update marts.mart_customer_segments set rfm_segment = 'prospect' where customer_id = 'churned'",
        "delete from marts.mart_customer_segments where customer_id = 'prospect'",
    ],
    "reconcile_segment_transitions": [
        "update marts.mart_segment_transitions set customer_count = customer_count + 1 where from_segment = 'prospect'",
        "update marts.mart_segment_transitions set to_segment = 'slipping' where month_start_date = '2028-08-01'",
        "delete from marts.mart_segment_transitions where month_start_date = '2028-05-01'",
    ],
}
FALSE = {
    "mart_customer_segments_scores_of_buyers": "recency_score = null, total_orders = 1",
    "mart_monthly_churn_adds_up": "churned_customers = churned_customers + 1",
    "mart_monthly_active_customers_add_up": "retained_customers = retained_customers + 1",
    "mart_cohort_retention_within_cohort": "cohort_customers = active_customers - 1",
}
