"""Wrong rows in the history and the marts of customers, and the tests that must find them."""

# The columns of a forecast from the second on.
FORECAST = "1, 'damped_holt', 9, 8, 10, 7, 11, 9, 'naive', 20, 0.1, 0.1, 0.1, 0.8, 0.95"
# The shops of these tests are too small for a forecast, and deliver no lines of invoices.
FIRST_ROWS = [
    "insert into intermediate.int_foreign_orders by name select '1' as order_id",
    f"insert into marts.mart_revenue_forecast select date '2028-08-28', {FORECAST}",
    "insert into analytics.fit_revenue_forecast by name select 1 as weeks_ahead",
    "insert into intermediate.int_order_lines by name select '1' as order_id, 1 as line_number, 'sale' as line_type",
    "insert into intermediate.int_line_orders by name select '1' as order_id",
    "insert into intermediate.int_mentioned_customers by name select '1' as customer_id",
    "insert into intermediate.int_mentioned_products by name select '1' as product_id",
    "insert into intermediate.int_uncounted_lines by name select '1' as order_id",
]
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
    "reconcile_customer_clusters": [
        "update marts.mart_customer_segments set cluster_name = 'highest_value' where customer_id = '007'",
        "update marts.mart_customer_segments set cluster_name = if(lifetime_value > 9, 'lowest_value', 'lower_value')",
    ],
    "reconcile_revenue_forecast": [
        f"insert into marts.mart_revenue_forecast select date '2028-08-28', {FORECAST}",
        f"insert into marts.mart_revenue_forecast select date '2028-09-04' + 7 * unnest(range(12))::int, {FORECAST}",
        f"insert into marts.mart_revenue_forecast select date '2028-08-28' + 6 * unnest(range(12))::int, {FORECAST}",
    ],
    "reconcile_segment_transitions": [
        "update marts.mart_segment_transitions set customer_count = customer_count + 1 where from_segment = 'prospect'",
        "update marts.mart_segment_transitions set to_segment = 'slipping' where month_start_date = '2028-08-01'",
        "delete from marts.mart_segment_transitions where month_start_date = '2028-05-01'",
    ],
}
FALSE = {
    "mart_revenue_forecast_bands_contain_each_other": "lower_80 = net + 1",
    "mart_customer_segments_scores_of_buyers": "recency_score = null, total_orders = 1",
    "mart_monthly_churn_adds_up": "churned_customers = churned_customers + 1",
    "mart_monthly_active_customers_add_up": "retained_customers = retained_customers + 1",
    "mart_cohort_retention_within_cohort": "cohort_customers = active_customers - 1",
}
