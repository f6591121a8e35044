-- What cancelled orders captured, and what mismatched orders should have, is what the facts say, day by day.
with fact_days as (
    select
        order_date as data_date,
        sum(captured) filter (where order_status = 'cancelled') as cancelled,
        sum(total) filter (where payment_state in ('overpaid', 'partially_paid') and captured > 0) as mismatched
    from {{ ref('fct_orders') }}
    group by order_date
),

mart_days as (
    select
        order_date as data_date,
        sum(found_value) filter (where review_rule = 'cancelled_but_captured') as cancelled,
        sum(expected_value) filter (where review_rule = 'payment_mismatch') as mismatched
    from {{ ref('mart_orders_for_review') }}
    group by order_date
)

{{ unequal_days('fact_days', 'mart_days', ['cancelled', 'mismatched']) }}
