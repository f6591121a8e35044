{%- set segment_months = setting('segment_months', none) -%}

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

client as (
    select business_date
    from {{ ref('int_client') }}
),

order_months as (
    select
        customer_id,
        month_start_date,
        last_sale_date,
        sale_count,
        net
    from {{ ref('int_customer_months') }}
    where customer_id <> 'unknown'
),

returns as (
    select
        customer_id,
        returned_date,
        refund
    from {{ ref('fct_returns') }}
    where customer_id <> 'unknown'
),

fitted as (
    select
        customer_id,
        cluster_name,
        alive_probability,
        orders_ahead,
        value_ahead
    from {{ ref('fit_customers') }}
),

changes as (
    select
        customer_id,
        month_start_date as changed_date,
        last_sale_date,
        sale_count,
        net as net_sales
    from order_months
    union all
    select
        customer_id,
        returned_date as changed_date,
        null as last_sale_date,
        0 as sale_count,
        -refund as net_sales
    from returns
),

bought as (
    select
        changes.customer_id,
        max(changes.last_sale_date) as last_sale_date,
        sum(changes.sale_count) as total_orders,
        sum(changes.net_sales) as lifetime_value
    from changes
    {%- if segment_months %}
    inner join client
        on
            changes.changed_date
            >= {{ dbt.dateadd('month', 1 - segment_months, dbt.date_trunc('month', 'client.business_date')) }}
    {%- endif %}
    group by changes.customer_id
    having sum(changes.sale_count) > 0
),

buyers as (
    select
        bought.customer_id,
        bought.total_orders,
        bought.lifetime_value,
        {{ dbt.datediff('bought.last_sale_date', 'client.business_date', 'day') }} as days_since_last_order  -- noqa: LT05
    from bought
    cross join client
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
    from customers
    where total_orders > 0
)

select
    cast(customers.customer_id as string) as customer_id,
    cast(
        case
            when customers.total_orders = 0 then 'no_sales'
            when cast(customers.lifetime_value as double) >= value_cuts.high_from then 'high'
            when cast(customers.lifetime_value as double) >= value_cuts.medium_from then 'medium'
            else 'low'
        end as string
    ) as value_tier,
    cast(
        coalesce(
            rfm.rfm_segment,
            case
                when customers.total_orders > 0 then 'lapsed'
                when customers.customer_status = 'returned_only' then 'returned_only'
                else 'prospect'
            end
        ) as string
    ) as rfm_segment,
    cast(rfm.recency_score as integer) as recency_score,
    cast(rfm.frequency_score as integer) as frequency_score,
    cast(rfm.monetary_score as integer) as monetary_score,
    cast(fitted.cluster_name as string) as cluster_name,
    cast(fitted.alive_probability as double) as alive_probability,
    cast(fitted.orders_ahead as double) as orders_ahead,
    cast(fitted.value_ahead as decimal(18, 2)) as value_ahead,
    cast({{ dbt.datediff('customers.last_order_date', 'client.business_date', 'day') }} as integer) as days_since_last_order,  -- noqa: LT05
    cast(customers.total_orders as bigint) as total_orders,
    cast(customers.lifetime_value as decimal(18, 2)) as lifetime_value
from customers
cross join value_cuts
cross join client
left join rfm on customers.customer_id = rfm.customer_id
left join fitted on customers.customer_id = fitted.customer_id
