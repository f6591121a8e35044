"""Wrong rows in the payments and the marts of finance, and the tests that must find them."""

FALSE = {
    "fct_payments_captures_add_up": "captured = captured - 0.01",
    "mart_daily_profit_margins_add_up": "cm2 = cm2 + 0.01",
    "mart_monthly_revenue_amounts_add_up": "net_sales = net_sales + 0.01",
    "mart_product_profit_margins_add_up": "uncosted_item_count = uncosted_item_count + 1",
}
BROKEN = {
    "reconcile_payments": [
        "update core.fct_payments set net = net + 0.01 where payment_id = 'thirds/1'",
        "update core.fct_payments set amount = amount + 0.01 where payment_id = 'unpaid/1'",
        "update core.fct_payments set order_date = order_date + 1 where payment_id = 'thirds/1'",
        "delete from core.fct_payments where payment_id = 'unpaid/1'",
    ],
    "reconcile_contributions": [
        "update core.fct_contributions set shipping_charged = shipping_charged + 0.01 where source_id = 'postage'",
        "update core.fct_contributions set shipping_cost = shipping_cost + 0.01 where source_id = 'partly'",
        "update core.fct_contributions set contribution_date = contribution_date + 1 where source_id = 'partly'",
        "update core.fct_contributions set payment_fees = 0.01 where source_id = 'partly'",
        "delete from core.fct_contributions where source_id = 'partly'",
    ],
    "reconcile_profit": [
        "update marts.mart_daily_profit set refunds = refunds + 0.01, net_sales = net_sales - 0.01 where refunds > 0",
        "update marts.mart_daily_profit set goods_cost = goods_cost + 0.01 where calendar_date = date '2028-02-29'",
        "update marts.mart_daily_profit set restocked_cost = 0",
        "update marts.mart_daily_profit set payment_fees = payment_fees + 0.01",
        "update marts.mart_product_profit set shipping_and_fees = 0 where product_id = 'unknown'",
        "delete from marts.mart_daily_profit where channel = 'billboard'",
    ],
    "reconcile_monthly_marts": [
        "update marts.mart_monthly_revenue set net = net + 0.01 where month_start_date = date '2028-04-01'",
        "update marts.mart_category_sales_monthly set net = net + 0.01 where month_start_date = date '2028-02-01'",
    ],
    "reconcile_quarters": [
        "update marts.mart_seasonal_sales set net = net + 0.01 where period_type = 'quarter'",
    ],
    "reconcile_payment_methods": [
        "update marts.mart_payment_methods set net = net + 0.01 where payment_method = 'none'",
        "update marts.mart_payment_methods set attempt_count = attempt_count + 1 where payment_method = 'card'",
        "update marts.mart_payment_methods set captured = captured + 0.01 where payment_method = 'card'",
    ],
    "reconcile_product_payments": [
        "update marts.mart_product_revenue_by_payment set net = net + 0.01 where product_id = '3'",
        "delete from marts.mart_product_revenue_by_payment where product_id = 'unheard of'",
    ],
}
