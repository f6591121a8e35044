with ad_spend as (
    select
        spend_date,
        channel,
        spend,
        impressions,
        clicks
    from {{ ref('fct_ad_spend') }}
),

sales as (
    select
        channel,
        order_count,
        net,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start_date
    from {{ ref('int_channel_days') }}
),

customer_months as (
    select
        customer_id,
        month_start_date,
        first_sale_channel
    from {{ ref('int_customer_months') }}
    where
        sale_count > 0
        and customer_id <> 'unknown'
),

monthly_spend as (
    select
        channel,
        cast({{ dbt.date_trunc('month', 'spend_date') }} as date) as month_start_date,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from ad_spend
    group by channel, {{ dbt.date_trunc('month', 'spend_date') }}
),

monthly_sales as (
    select
        channel,
        month_start_date,
        sum(order_count) as order_count,
        sum(net) as attributed_revenue
    from sales
    group by channel, month_start_date
),

-- A customer is won by the channel of the first sale, and once.
first_sales as (
    select
        min(month_start_date) as month_start_date,
        {{ earliest('first_sale_channel', ['month_start_date']) }} as channel
    from customer_months
    group by customer_id
),

monthly_customers as (
    select
        channel,
        month_start_date,
        count(*) as new_customer_count
    from first_sales
    group by channel, month_start_date
),

advertising_span as (
    select
        min(month_start_date) as first_month,
        max(month_start_date) as last_month
    from monthly_spend
),

months as (
    select distinct dates.month_start_date
    from {{ ref('dim_date') }} as dates
    inner join advertising_span
        on
            dates.month_start_date >= advertising_span.first_month
            and dates.month_start_date <= advertising_span.last_month
),

-- Where no sale says its channel nothing can be attributed: what advertising brought is unknown, which is not 0.
attribution as (
    select count(*) filter (where channel <> 'unknown') > 0 as has_channels
    from sales
),

channels as (
    select channel from monthly_spend
    union distinct
    select monthly_sales.channel
    from monthly_sales
    inner join months on monthly_sales.month_start_date = months.month_start_date
),

channel_months as (
    select
        months.month_start_date,
        channels.channel,
        monthly_spend.impressions,
        monthly_spend.clicks,
        coalesce(monthly_spend.spend, 0) as spend,
        channels.channel = 'unknown' or attribution.has_channels as is_known,
        coalesce(monthly_sales.order_count, 0) as order_count,
        coalesce(monthly_sales.attributed_revenue, 0) as attributed_revenue,
        coalesce(monthly_customers.new_customer_count, 0) as new_customer_count
    from months
    cross join channels
    cross join attribution
    left join monthly_spend
        on
            months.month_start_date = monthly_spend.month_start_date
            and channels.channel = monthly_spend.channel
    left join monthly_sales
        on
            months.month_start_date = monthly_sales.month_start_date
            and channels.channel = monthly_sales.channel
    left join monthly_customers
        on
            months.month_start_date = monthly_customers.month_start_date
            and channels.channel = monthly_customers.channel
),

known_channel_months as (
    select
        month_start_date,
        channel,
        spend,
        impressions,
        clicks,
        case when is_known then order_count end as order_count,
        case when is_known then attributed_revenue end as attributed_revenue,
        case when is_known then new_customer_count end as new_customer_count
    from channel_months
)

select
    cast(month_start_date as date) as month_start_date,
    cast(channel as string) as channel,
    cast(spend as decimal(18, 2)) as spend,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(order_count as bigint) as order_count,
    cast(attributed_revenue as decimal(18, 2)) as attributed_revenue,
    cast(new_customer_count as bigint) as new_customer_count,
    cast(cast(attributed_revenue as double) / nullif(cast(spend as double), 0) as double) as return_on_ad_spend,
    cast(case when spend > 0 then {{ divide_amount('spend', 'new_customer_count') }} end as decimal(18, 2))
        as customer_acquisition_cost,
    cast({{ divide_amount('spend', 'clicks') }} as decimal(18, 2)) as cost_per_click
from known_channel_months
