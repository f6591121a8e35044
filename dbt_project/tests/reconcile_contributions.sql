-- What the lines of orders have of shipping, its cost and the fees of payments is what the orders, the refunds, the
-- parcels and the payments have of each day, to the cent; test orders have none.
with orders as (
    select
        order_id,
        order_date,
        case when is_sale or is_sale_without_goods then shipping else 0 end as shipping
    from {{ ref('fct_orders') }}
    where not is_test
),

amounts as (
    select
        order_date as data_date,
        shipping as shipping_charged,
        0 as shipping_cost,
        0 as payment_fees
    from orders
    union all
    select
        refunds.refunded_date as data_date,
        -refunds.shipping_amount as shipping_charged,
        0 as shipping_cost,
        0 as payment_fees
    from {{ ref('fct_refunds') }} as refunds
    left join {{ ref('fct_orders') }} as refunded_orders on refunds.order_id = refunded_orders.order_id
    where
        (refunds.is_counted or coalesce(refunded_orders.is_sale_without_goods, false))
        and not coalesce(refunded_orders.is_test, false)
    union all
    select
        orders.order_date as data_date,
        0 as shipping_charged,
        parcels.cost_amount as shipping_cost,
        0 as payment_fees
    from {{ source('raw', 'shipping_costs') }} as parcels
    inner join orders on parcels.order_id = orders.order_id
    where parcels.is_current
    union all
    select
        payments.order_date as data_date,
        0 as shipping_charged,
        0 as shipping_cost,
        payments.fee as payment_fees
    from {{ ref('fct_payments') }} as payments
    inner join orders on payments.order_id = orders.order_id
),

expected_days as (
    select
        data_date,
        sum(shipping_charged) as shipping_charged,
        sum(shipping_cost) as shipping_cost,
        sum(payment_fees) as payment_fees
    from amounts
    group by data_date
),

contribution_days as (
    select
        contribution_date as data_date,
        sum(shipping_charged) as shipping_charged,
        sum(shipping_cost) as shipping_cost,
        sum(payment_fees) filter (where contribution_kind = 'order') as payment_fees
    from {{ ref('fct_contributions') }}
    group by contribution_date
)

{{ unequal_days('expected_days', 'contribution_days', ['shipping_charged', 'shipping_cost', 'payment_fees']) }}
