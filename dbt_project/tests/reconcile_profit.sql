-- The profit of all channels and cohorts of a month is that of its products, and its net sales are those of all days;
-- what advertising cost is in no product.
with days as (
    select
        cast({{ dbt.date_trunc('month', 'calendar_date') }} as date) as data_date,
        sum(net_sales) as net_sales
    from {{ ref('mart_daily_sales') }}
    group by {{ dbt.date_trunc('month', 'calendar_date') }}
),

spend as (
    select
        cast({{ dbt.date_trunc('month', 'spend_date') }} as date) as data_date,
        sum(spend) as spend
    from {{ ref('fct_ad_spend') }}
    group by {{ dbt.date_trunc('month', 'spend_date') }}
),

products as (
    select
        month_start_date as data_date,
        sum(goods_cost) as goods_cost,
        sum(restocked_cost) as restocked_cost,
        sum(uncosted_item_count) as uncosted_item_count,
        sum(shipping_and_fees) as shipping_and_fees
    from {{ ref('mart_product_profit') }}
    group by month_start_date
),

months as (
    select data_date from days
    union distinct
    select data_date from spend
    union distinct
    select data_date from products
),

expected_months as (
    select
        months.data_date,
        days.net_sales,
        spend.spend,
        products.goods_cost,
        products.restocked_cost,
        products.uncosted_item_count,
        products.shipping_and_fees
    from months
    left join days on months.data_date = days.data_date
    left join spend on months.data_date = spend.data_date
    left join products on months.data_date = products.data_date
),

profit_months as (
    select
        cast({{ dbt.date_trunc('month', 'calendar_date') }} as date) as data_date,
        sum(net_sales) as net_sales,
        sum(spend) as spend,
        sum(goods_cost) as goods_cost,
        sum(restocked_cost) as restocked_cost,
        sum(uncosted_item_count) as uncosted_item_count,
        sum(
            shipping_charged - coalesce(shipping_cost, 0) - coalesce(payment_fees, 0) - coalesce(dispute_losses, 0)
        ) as shipping_and_fees
    from {{ ref('mart_daily_profit') }}
    group by {{ dbt.date_trunc('month', 'calendar_date') }}
)

{{
    unequal_days(
        'expected_months',
        'profit_months',
        ['net_sales', 'spend', 'goods_cost', 'restocked_cost', 'uncosted_item_count', 'shipping_and_fees']
    )
}}
