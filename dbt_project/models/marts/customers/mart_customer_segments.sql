with customers as (
    select
        customer_id,
        last_order_date,
        customer_status,
        total_orders,
        lifetime_value
    from {{ ref('dim_customers') }}
    where customer_id <> 'unknown'
),

orders as (
    select order_date
    from {{ ref('fct_orders') }}
),

clusters as (
    select
        customer_id,
        cluster_name
    from {{ ref('fit_customer_clusters') }}
),

-- As for customer_status: days count to the last order in the warehouse.
last_day as (
    select max(order_date) as as_of_date
    from orders
),

buyers as (
    select
        customers.customer_id,
        customers.total_orders,
        customers.lifetime_value,
        {{ dbt.datediff('customers.last_order_date', 'last_day.as_of_date', 'day') }} as days_since_last_order  -- noqa: LT05
    from customers
    cross join last_day
    where customers.total_orders > 0
),

rfm as (
    {{ rfm_segments('buyers', ['customer_id']) }}
),

value_cuts as (
    select
        percentile_cont({{ setting('high_value_from') }}) within group (
            order by cast(lifetime_value as double) asc
        ) as high_from,
        percentile_cont({{ setting('medium_value_from') }}) within group (
            order by cast(lifetime_value as double) asc
        ) as medium_from
    from buyers
)

select
    cast(customers.customer_id as string) as customer_id,
    cast(
        case
            when buyers.customer_id is null then 'no_sales'
            when cast(customers.lifetime_value as double) >= value_cuts.high_from then 'high'
            when cast(customers.lifetime_value as double) >= value_cuts.medium_from then 'medium'
            else 'low'
        end as string
    ) as value_tier,
    cast(
        coalesce(
            rfm.rfm_segment,
            case when customers.customer_status = 'returned_only' then 'returned_only' else 'prospect' end
        ) as string
    ) as rfm_segment,
    cast(rfm.recency_score as integer) as recency_score,
    cast(rfm.frequency_score as integer) as frequency_score,
    cast(rfm.monetary_score as integer) as monetary_score,
    cast(clusters.cluster_name as string) as cluster_name,
    cast(buyers.days_since_last_order as integer) as days_since_last_order,
    cast(customers.total_orders as bigint) as total_orders,
    cast(customers.lifetime_value as decimal(18, 2)) as lifetime_value
from customers
cross join value_cuts
left join buyers on customers.customer_id = buyers.customer_id
left join rfm on customers.customer_id = rfm.customer_id
left join clusters on customers.customer_id = clusters.customer_id
