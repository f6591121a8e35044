with orders as (
    select
        order_id,
        order_date,
        customer_id,
        order_status,
        payment_state,
        is_sale,
        item_count,
        discount,
        excess_discount,
        shipping,
        gift_cards,
        total,
        source_total,
        captured,
        cast(gross * {{ setting('review_discount_share') }} as decimal(18, 2)) as most_discount,
        cast(total * {{ setting('review_shipping_share') }} as decimal(18, 2)) as most_shipping
    from {{ ref('fct_orders') }}
),

payments as (
    select order_id
    from {{ ref('fct_payments') }}
    where
        payment_status = 'failed'
        and {{ is_attempt() }}
),

refunds as (
    select
        order_id,
        refund_amount
    from {{ ref('fct_refunds') }}
    where order_id is not null
),

failed_payments as (
    select
        order_id,
        count(*) as failed_count
    from payments
    group by order_id
    having count(*) > {{ setting('review_failed_payments') }}
),

order_refunds as (
    select
        order_id,
        sum(refund_amount) as refunds
    from refunds
    group by order_id
),

-- What breaks a rule; null where the rule holds.
findings as (
    select
        orders.order_id,
        orders.order_date,
        orders.customer_id,
        orders.order_status,
        orders.payment_state,
        orders.total,
        orders.most_discount,
        orders.most_shipping,
        case when orders.order_status = 'cancelled' and orders.captured > 0 then orders.captured end
            as cancelled_but_captured,
        case when orders.is_sale and orders.discount > orders.most_discount then orders.discount end as discount_share,
        case when orders.excess_discount > 0 then orders.excess_discount end as discount_above_goods,
        failed_payments.failed_count as failed_payments,
        case
            when orders.payment_state in ('partially_paid', 'overpaid') and orders.captured > 0 then orders.captured
        end as payment_mismatch,
        case when order_refunds.refunds > orders.total then order_refunds.refunds end as refund_above_total,
        case
            when
                orders.order_status in ('shipped', 'completed')
                and orders.payment_state = 'unpaid'
                and orders.total <> orders.captured
                then orders.captured
        end as shipped_unpaid,
        case
            when orders.is_sale and orders.shipping > 0 and orders.shipping > orders.most_shipping then orders.shipping
        end as shipping_share,
        -- Half a cent for each amount that was rounded, of the lines and of what the order has beside them.
        case
            when abs(orders.total - orders.source_total) > 0.005 * (orders.item_count + 5) then orders.total
        end as source_total,
        case when orders.item_count = 0 and coalesce(orders.gift_cards, 0) = 0 then orders.item_count end
            as without_items,
        orders.source_total as expected_total
    from orders
    left join failed_payments on orders.order_id = failed_payments.order_id
    left join order_refunds on orders.order_id = order_refunds.order_id
),

-- One pass over the orders leaves the few that break a rule; only these are repeated per rule.
reviewed_orders as (
    select
        order_id,
        order_date,
        customer_id,
        order_status,
        payment_state,
        total,
        most_discount,
        most_shipping,
        cancelled_but_captured,
        discount_share,
        discount_above_goods,
        failed_payments,
        payment_mismatch,
        refund_above_total,
        shipped_unpaid,
        shipping_share,
        source_total,
        without_items,
        expected_total
    from findings
    where
        coalesce(
            cancelled_but_captured, discount_share, discount_above_goods, failed_payments, payment_mismatch,
            refund_above_total, shipped_unpaid, shipping_share, source_total, without_items
        ) is not null
),

review_rules as (
    select 'cancelled_but_captured' as review_rule
    union all
    select 'discount_share' as review_rule
    union all
    select 'discount_above_goods' as review_rule
    union all
    select 'failed_payments' as review_rule
    union all
    select 'payment_mismatch' as review_rule
    union all
    select 'refund_above_total' as review_rule
    union all
    select 'shipped_unpaid' as review_rule
    union all
    select 'shipping_share' as review_rule
    union all
    select 'source_total' as review_rule
    union all
    select 'without_items' as review_rule
),

orders_by_rule as (
    select
        reviewed_orders.order_id,
        review_rules.review_rule,
        reviewed_orders.order_date,
        reviewed_orders.customer_id,
        reviewed_orders.order_status,
        reviewed_orders.payment_state,
        reviewed_orders.total,
        case review_rules.review_rule
            when 'cancelled_but_captured' then reviewed_orders.cancelled_but_captured
            when 'discount_share' then reviewed_orders.discount_share
            when 'discount_above_goods' then reviewed_orders.discount_above_goods
            when 'failed_payments' then reviewed_orders.failed_payments
            when 'payment_mismatch' then reviewed_orders.payment_mismatch
            when 'refund_above_total' then reviewed_orders.refund_above_total
            when 'shipped_unpaid' then reviewed_orders.shipped_unpaid
            when 'shipping_share' then reviewed_orders.shipping_share
            when 'source_total' then reviewed_orders.source_total
            when 'without_items' then reviewed_orders.without_items
        end as found_value,
        case review_rules.review_rule
            when 'cancelled_but_captured' then 0
            when 'discount_share' then reviewed_orders.most_discount
            when 'discount_above_goods' then 0
            when 'failed_payments' then {{ setting('review_failed_payments') }}
            when 'shipping_share' then reviewed_orders.most_shipping
            when 'source_total' then reviewed_orders.expected_total
            when 'without_items' then 1
            else reviewed_orders.total
        end as expected_value
    from reviewed_orders
    cross join review_rules
)

select
    cast(order_id as string) as order_id,
    cast(review_rule as string) as review_rule,
    cast(order_date as date) as order_date,
    cast(customer_id as string) as customer_id,
    cast(order_status as string) as order_status,
    cast(payment_state as string) as payment_state,
    cast(total as decimal(18, 2)) as total,
    cast(found_value as decimal(18, 2)) as found_value,
    cast(expected_value as decimal(18, 2)) as expected_value
from orders_by_rule
where found_value is not null
