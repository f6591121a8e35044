with customers as (
    select
        customer_id,
        first_name,
        last_name,
        email,
        phone,
        city,
        postal_code,
        country,
        segment,
        signup_at
    from {{ ref('stg_customers') }}
),

customer_months as (
    select
        customer_id,
        last_order_date,
        sale_count,
        net,
        first_sale_date,
        last_sale_date
    from {{ ref('int_customer_months') }}
),

refunds as (
    select
        customer_id,
        is_counted,
        case when is_counted then goods_amount else 0 end as goods
    from {{ ref('fct_refunds') }}
),

subscriptions as (
    select customer_id
    from {{ ref('fct_subscriptions') }}
),

customer_orders as (
    select
        customer_id,
        sum(sale_count) as total_orders,
        sum(net) as net,
        min(first_sale_date) as first_order_date,
        max(last_sale_date) as last_order_date,
        max(last_order_date) as last_data_date
    from customer_months
    group by customer_id
),

customer_refunds as (
    select
        customer_id,
        count(*) filter (where is_counted) > 0 as has_returned,
        sum(goods) as refunds
    from refunds
    group by customer_id
),

members as (
    select customer_id from customers
    union distinct
    select customer_id from customer_orders
    union distinct
    select customer_id from customer_refunds
    union distinct
    select customer_id from subscriptions
    union distinct
    select 'unknown' as customer_id
),

-- The day that "days since" counts to: the last one with data, so that a rerun gives the same statuses.
last_day as (
    select max(last_data_date) as as_of_date
    from customer_orders
),

member_sales as (
    select
        members.customer_id,
        members.customer_id = 'unknown' as is_unknown,
        customers.customer_id is null as is_inferred,
        coalesce(customer_refunds.has_returned, false) as has_returned,
        customers.first_name,
        customers.last_name,
        customers.email,
        customers.phone,
        customers.city,
        customers.postal_code,
        coalesce(customers.country, 'unknown') as country,
        coalesce(customers.segment, 'unknown') as segment,
        customers.signup_at,
        customer_orders.first_order_date,
        customer_orders.last_order_date,
        last_day.as_of_date,
        coalesce(customer_orders.total_orders, 0) as total_orders,
        coalesce(customer_orders.net, 0) as net,
        coalesce(customer_refunds.refunds, 0) as refunds
    from members
    cross join last_day
    left join customers on members.customer_id = customers.customer_id
    left join customer_orders on members.customer_id = customer_orders.customer_id
    left join customer_refunds on members.customer_id = customer_refunds.customer_id
),

member_recency as (
    select
        customer_id,
        is_unknown,
        is_inferred,
        has_returned,
        first_name,
        last_name,
        email,
        phone,
        city,
        postal_code,
        country,
        segment,
        signup_at,
        first_order_date,
        last_order_date,
        {{ dbt.datediff('first_order_date', 'as_of_date', 'day') }} as days_since_first_order,  -- noqa: LT05
        {{ dbt.datediff('last_order_date', 'as_of_date', 'day') }} as days_since_last_order,  -- noqa: LT05
        total_orders,
        net,
        refunds
    from member_sales
)

select
    cast(customer_id as string) as customer_id,
    cast(is_inferred as boolean) as is_inferred,
    cast(first_name as string) as first_name,
    cast(last_name as string) as last_name,
    cast(email as string) as email,
    cast(phone as string) as phone,
    cast(city as string) as city,
    cast(postal_code as string) as postal_code,
    cast(country as string) as country,
    cast(segment as string) as segment,
    cast(signup_at as timestamp) as signup_at,
    cast(first_order_date as date) as first_order_date,
    cast(last_order_date as date) as last_order_date,
    cast(case when not is_unknown then {{ dbt.date_trunc('month', 'first_order_date') }} end as date) as cohort_month,
    cast(total_orders as bigint) as total_orders,
    cast(net - refunds as decimal(18, 2)) as lifetime_value,
    cast({{ divide_amount('net', 'total_orders') }} as decimal(18, 2)) as avg_order_value,
    cast(
        case
            when total_orders > 0 and not is_unknown
                then
                    cast(total_orders as double) * 30
                    / nullif(cast(greatest(days_since_first_order + 1, 30) as double), 0)
        end as double
    ) as purchase_frequency,
    cast(
        case
            when is_unknown then 'unknown'
            when total_orders = 0 and has_returned then 'returned_only'
            when total_orders = 0 then 'prospect'
            when days_since_first_order <= {{ setting('new_days') }} then 'new'
            when days_since_last_order <= {{ setting('active_days') }} then 'active'
            when days_since_last_order <= {{ setting('at_risk_days') }} then 'at_risk'
            else 'churned'
        end as string
    ) as customer_status
from member_recency
