with customers as (
    select
        customer_id,
        cohort_month
    from {{ ref('dim_customers') }}
),

orders as (
    select
        order_id,
        channel
    from {{ ref('fct_orders') }}
    where order_id in (select refunds_of_orders.order_id from {{ ref('fct_returns') }} as refunds_of_orders)
),

sales as (
    select
        order_date as calendar_date,
        channel,
        customer_id,
        sum(gross) as gross,
        sum(net) as net,
        sum(cost_amount) as goods_cost,
        coalesce(sum(cost_amount) filter (where is_cost_estimated), 0) as estimated_cost,
        count(*) - count(cost_amount) as uncosted_item_count
    from {{ ref('fct_transactions') }}
    where is_sale
    group by order_date, channel, customer_id
),

returns as (
    select
        refunds_of_orders.returned_date as calendar_date,
        coalesce(orders.channel, 'unknown') as channel,
        refunds_of_orders.customer_id,
        refunds_of_orders.refund
    from {{ ref('fct_returns') }} as refunds_of_orders
    left join orders on refunds_of_orders.order_id = orders.order_id
),

contributions as (
    select
        contribution_date as calendar_date,
        channel,
        customer_id,
        shipping_charged,
        shipping_cost,
        payment_fees,
        dispute_losses,
        restocked_cost,
        uncosted_item_count
    from {{ ref('fct_contributions') }}
),

-- Advertising is spent to win the customers of its month.
ad_spend as (
    select
        spend_date as calendar_date,
        channel,
        cast({{ dbt.date_trunc('month', 'spend_date') }} as date) as cohort_month,
        spend
    from {{ ref('fct_ad_spend') }}
),

entries as (
    select
        sales.calendar_date,
        sales.channel,
        customers.cohort_month,
        sales.gross,
        sales.net,
        0 as refunds,
        sales.goods_cost,
        sales.estimated_cost,
        0 as restocked_cost,
        sales.uncosted_item_count,
        0 as shipping_charged,
        null as shipping_cost,
        null as payment_fees,
        null as dispute_losses,
        null as spend
    from sales
    left join customers on sales.customer_id = customers.customer_id
    union all
    select
        returns.calendar_date,
        returns.channel,
        customers.cohort_month,
        0 as gross,
        0 as net,
        returns.refund as refunds,
        0 as goods_cost,
        0 as estimated_cost,
        0 as restocked_cost,
        0 as uncosted_item_count,
        0 as shipping_charged,
        null as shipping_cost,
        null as payment_fees,
        null as dispute_losses,
        null as spend
    from returns
    left join customers on returns.customer_id = customers.customer_id
    union all
    select
        contributions.calendar_date,
        contributions.channel,
        customers.cohort_month,
        0 as gross,
        0 as net,
        0 as refunds,
        0 as goods_cost,
        0 as estimated_cost,
        contributions.restocked_cost,
        contributions.uncosted_item_count,
        contributions.shipping_charged,
        contributions.shipping_cost,
        contributions.payment_fees,
        contributions.dispute_losses,
        null as spend
    from contributions
    left join customers on contributions.customer_id = customers.customer_id
    union all
    select
        calendar_date,
        channel,
        cohort_month,
        0 as gross,
        0 as net,
        0 as refunds,
        0 as goods_cost,
        0 as estimated_cost,
        0 as restocked_cost,
        0 as uncosted_item_count,
        0 as shipping_charged,
        null as shipping_cost,
        null as payment_fees,
        null as dispute_losses,
        spend
    from ad_spend
),

daily_amounts as (
    select
        calendar_date,
        channel,
        cohort_month,
        sum(gross) as gross,
        sum(net) as net,
        sum(refunds) as refunds,
        sum(net) - sum(refunds) as net_sales,
        coalesce(sum(goods_cost), 0) as goods_cost,
        sum(estimated_cost) as estimated_cost,
        sum(restocked_cost) as restocked_cost,
        sum(uncosted_item_count) as uncosted_item_count,
        sum(shipping_charged) as shipping_charged,
        sum(shipping_cost) as shipping_cost,
        sum(payment_fees) as payment_fees,
        sum(dispute_losses) as dispute_losses,
        sum(spend) as spend
    from entries
    group by calendar_date, channel, cohort_month
),

margins as (
    select
        calendar_date,
        channel,
        cohort_month,
        gross,
        net,
        refunds,
        net_sales,
        goods_cost,
        estimated_cost,
        restocked_cost,
        uncosted_item_count,
        case when uncosted_item_count = 0 then net_sales - goods_cost + restocked_cost end as cm1,
        shipping_charged,
        shipping_cost,
        payment_fees,
        dispute_losses,
        shipping_charged - coalesce(shipping_cost, 0) - coalesce(payment_fees, 0) - coalesce(dispute_losses, 0)
            as contribution,
        spend
    from daily_amounts
)

select
    cast(calendar_date as date) as calendar_date,
    cast(channel as string) as channel,
    cast(cohort_month as date) as cohort_month,
    cast(gross as decimal(18, 2)) as gross,
    cast(gross - net as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net_sales as decimal(18, 2)) as net_sales,
    cast(goods_cost as decimal(18, 2)) as goods_cost,
    cast(estimated_cost as decimal(18, 2)) as estimated_cost,
    cast(restocked_cost as decimal(18, 2)) as restocked_cost,
    cast(uncosted_item_count as bigint) as uncosted_item_count,
    cast(cm1 as decimal(18, 2)) as cm1,
    cast(shipping_charged as decimal(18, 2)) as shipping_charged,
    cast(shipping_cost as decimal(18, 2)) as shipping_cost,
    cast(payment_fees as decimal(18, 2)) as payment_fees,
    cast(dispute_losses as decimal(18, 2)) as dispute_losses,
    cast(cm1 + contribution as decimal(18, 2)) as cm2,
    cast(spend as decimal(18, 2)) as spend,
    cast(cm1 + contribution - coalesce(spend, 0) as decimal(18, 2)) as cm3
from margins
