"""Wrong rows in what is made from the sources beside the sales, and the tests that must find them."""

BROKEN = {
    "reconcile_ad_spend": [
        "update core.fct_ad_spend set spend = spend + 0.01 where campaign = 'other'",
        "update core.fct_ad_spend set clicks = clicks + 1 where spend_date = date '2028-08-31'",
        "delete from core.fct_ad_spend where channel = 'billboard'",
    ],
    "reconcile_marketing_roas": [
        "update marts.mart_marketing_roas set spend = spend + 0.01 where channel = 'billboard'",
        "update marts.mart_marketing_roas set attributed_revenue = attributed_revenue - 0.01 where order_count = 1",
        "update marts.mart_marketing_roas set new_customer_count = new_customer_count + 1 where channel = 'billboard'",
        "delete from marts.mart_marketing_roas where channel = 'web' and month_start_date = date '2028-01-01'",
    ],
    "reconcile_inventory": [
        "update core.fct_inventory_daily set stock_on_hand = stock_on_hand + 1 where product_id = 'unsold'",
        "update core.fct_inventory_daily set received_units = received_units + 1 where product_id = 'unsold'",
        "delete from core.fct_inventory_daily where product_id = '1' and is_stock_out",
    ],
    "reconcile_inventory_status": [
        "update marts.mart_inventory_status set stock_on_hand = stock_on_hand + 1 where product_id = 'unsold'",
        "update marts.mart_inventory_status set stock_out_days = 0 where product_id = '1'",
        "delete from marts.mart_inventory_status where product_id = 'only in the store'",
    ],
    "reconcile_events": [
        "update core.fct_events set event_count = event_count + 1 where product_id = '1'",
        "update core.fct_events set event_date = event_date + 1 where channel = 'app'",
        "delete from core.fct_events where product_id = 'only seen'",
    ],
    "reconcile_funnel": [
        "update marts.mart_funnel set carts = carts + 1 where channel = 'app'",
        "delete from marts.mart_funnel where channel = 'app'",
    ],
    "reconcile_subscriptions": [
        "update core.fct_subscriptions set monthly_amount = monthly_amount + 0.01 where subscription_id = 'free'",
        "update core.fct_subscriptions set ended_date = null where subscription_id = 'short'",
        "delete from core.fct_subscriptions where subscription_id = 'same day'",
    ],
    "reconcile_subscription_months": [
        "update marts.mart_subscriptions set opening_mrr = opening_mrr + 0.01 where month_start_date = '2028-03-01'",
        "update marts.mart_subscriptions set closing_mrr = closing_mrr + 0.01 where month_start_date = '2028-08-01'",
        "update marts.mart_subscriptions set closing_subscribers = 9 where month_start_date = '2028-08-01'",
        "delete from marts.mart_subscriptions where month_start_date = '2028-04-01'",
    ],
    "reconcile_balance_transactions": [
        "update core.fct_balance_transactions set amount = amount + 0.01 where balance_transaction_id = 'b3'",
        "delete from core.fct_balance_transactions where balance_transaction_id = 'p1'",
    ],
    "reconcile_weather": [
        "update core.fct_weather set temperature = temperature + 0.01 where country = 'FR'",
        "delete from core.fct_weather where country = 'FR'",
    ],
    "reconcile_weather_sales": [
        "update marts.mart_weather_sales set net = net + 0.01 where weather_date = date '2028-01-02'",
        "update marts.mart_weather_sales set order_count = 0 where order_count > 0",
    ],
}
# For the tests of an expression: a change of a row that makes it false.
FALSE = {
    "fct_balance_transactions_net_adds_up": "fee = 1, net = amount",
    "fct_subscriptions_end_after_they_start": "ended_date = started_date - 1",
    "mart_subscriptions_movements_add_up": "new_mrr = new_mrr + 0.01",
    "mart_funnel_rates_multiply": "sessions = 1, carts = 1, checkouts = 1, conversion_rate = 9, cart_rate = 1, "
    "checkout_rate = 1, purchase_rate = 1",
    "fct_inventory_daily_stock_outs_are_empty": "is_stock_out = not is_stock_out",
    "mart_inventory_status_days_fit": "stock_out_days = tracked_days + 1",
    "mart_marketing_roas_is_sum_by_sum": "return_on_ad_spend = 9, spend = 1, attributed_revenue = 10",
}
