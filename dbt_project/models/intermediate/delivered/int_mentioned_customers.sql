{{
    config(
        materialized='incremental',
        incremental_strategy='replace_deliveries',
        on_schema_change='fail'
    )
}}

with new_deliveries as (
    {{ deliveries_to_add(['orders', 'order_lines']) }}
),

client as (
    select has_customers
    from {{ source('raw', 'client') }}
),

-- None where customers are delivered: what mentions them is not read then.
deliveries as (
    select
        new_deliveries.delivery_id,
        new_deliveries.logical_date
    from new_deliveries
    inner join client on not client.has_customers
),

mentions as (
    select
        customer_id,
        country,
        line_at as mentioned_at,
        line_in_file,
        delivery_id
    from {{ ref('int_order_lines') }}
    where delivery_id in (select deliveries.delivery_id from deliveries)
    union all
    select
        customer_id,
        country,
        order_at as mentioned_at,
        _line as line_in_file,
        _delivery_id as delivery_id
    from {{ source('delivered', 'orders') }}
    where _delivery_id in (select deliveries.delivery_id from deliveries)
),

mentions_to_add as (
    select
        mentions.customer_id,
        mentions.country,
        mentions.mentioned_at,
        mentions.line_in_file,
        deliveries.delivery_id,
        deliveries.logical_date
    from mentions
    inner join deliveries on mentions.delivery_id = deliveries.delivery_id
    where mentions.customer_id is not null
)

select
    cast(customer_id as string) as customer_id,
    cast(
        {{ latest('country', ['mentioned_at', 'line_in_file']) }} filter (where country is not null) as string
    ) as country,
    cast(min(logical_date) as date) as valid_from,
    cast(delivery_id as string) as delivery_id
from mentions_to_add
group by delivery_id, customer_id
