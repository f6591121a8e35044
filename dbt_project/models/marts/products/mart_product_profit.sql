with sales as (
    select
        product_id,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start_date,
        sum(net) as net,
        sum(cost_amount) as goods_cost,
        coalesce(sum(cost_amount) filter (where is_cost_estimated), 0) as estimated_cost,
        count(*) - count(cost_amount) as uncosted_item_count
    from {{ ref('fct_transactions') }}
    where is_sale
    group by product_id, {{ dbt.date_trunc('month', 'order_date') }}
),

returns as (
    select
        coalesce(product_id, 'unknown') as product_id,
        cast({{ dbt.date_trunc('month', 'returned_date') }} as date) as month_start_date,
        refund
    from {{ ref('fct_returns') }}
),

contributions as (
    select
        coalesce(product_id, 'unknown') as product_id,
        cast({{ dbt.date_trunc('month', 'contribution_date') }} as date) as month_start_date,
        shipping_charged - coalesce(shipping_cost, 0) - coalesce(payment_fees, 0) - coalesce(dispute_losses, 0)
            as contribution,
        restocked_cost,
        uncosted_item_count
    from {{ ref('fct_contributions') }}
),

entries as (
    select
        month_start_date,
        product_id,
        net,
        0 as refunds,
        goods_cost,
        estimated_cost,
        0 as restocked_cost,
        uncosted_item_count,
        0 as contribution
    from sales
    union all
    select
        month_start_date,
        product_id,
        0 as net,
        refund as refunds,
        0 as goods_cost,
        0 as estimated_cost,
        0 as restocked_cost,
        0 as uncosted_item_count,
        0 as contribution
    from returns
    union all
    select
        month_start_date,
        product_id,
        0 as net,
        0 as refunds,
        0 as goods_cost,
        0 as estimated_cost,
        restocked_cost,
        uncosted_item_count,
        contribution
    from contributions
),

monthly_amounts as (
    select
        month_start_date,
        product_id,
        sum(net) as net,
        sum(refunds) as refunds,
        coalesce(sum(goods_cost), 0) as goods_cost,
        sum(estimated_cost) as estimated_cost,
        sum(restocked_cost) as restocked_cost,
        sum(uncosted_item_count) as uncosted_item_count,
        sum(contribution) as contribution
    from entries
    group by month_start_date, product_id
),

margins as (
    select
        month_start_date,
        product_id,
        net,
        refunds,
        goods_cost,
        estimated_cost,
        restocked_cost,
        uncosted_item_count,
        case when uncosted_item_count = 0 then net - refunds - goods_cost + restocked_cost end as cm1,
        contribution
    from monthly_amounts
)

select
    cast(month_start_date as date) as month_start_date,
    cast(product_id as string) as product_id,
    cast(net as decimal(18, 2)) as net,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net - refunds as decimal(18, 2)) as net_sales,
    cast(goods_cost as decimal(18, 2)) as goods_cost,
    cast(estimated_cost as decimal(18, 2)) as estimated_cost,
    cast(restocked_cost as decimal(18, 2)) as restocked_cost,
    cast(uncosted_item_count as bigint) as uncosted_item_count,
    cast(cm1 as decimal(18, 2)) as cm1,
    cast(contribution as decimal(18, 2)) as shipping_and_fees,
    cast(cm1 + contribution as decimal(18, 2)) as cm2
from margins
