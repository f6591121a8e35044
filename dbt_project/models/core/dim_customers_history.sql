{%- set attributes = [
    'first_name', 'last_name', 'email', 'phone', 'city', 'postal_code', 'country', 'segment'
] -%}

with customers as (
    select
        customer_id,
        is_inferred
    from {{ ref('dim_customers') }}
),

customer_versions as (
    select
        customer_id,
        valid_from,
        delivery_id,
        first_name,
        last_name,
        email,
        phone,
        city,
        postal_code,
        country,
        segment
    from {{ ref('stg_customer_versions') }}
),

delivered_spans as (
    {{ validity_spans('customer_versions', 'customer_id', attributes) }}
),

-- A customer that was never delivered is unknown for all time, so that every sale has its row here.
spans as (
    select
        customers.customer_id,
        customers.is_inferred,
        coalesce(delivered_spans.valid_from, {{ first_valid_date() }}) as valid_from,
        coalesce(delivered_spans.valid_to, {{ last_valid_date() }}) as valid_to,
        delivered_spans.first_name,
        delivered_spans.last_name,
        delivered_spans.email,
        delivered_spans.phone,
        delivered_spans.city,
        delivered_spans.postal_code,
        coalesce(delivered_spans.country, 'unknown') as country,
        coalesce(delivered_spans.segment, 'unknown') as segment
    from customers
    left join delivered_spans on customers.customer_id = delivered_spans.customer_id
)

select
    cast(customer_id as varchar) as customer_id,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(valid_to = {{ last_valid_date() }} as boolean) as is_current,
    cast(is_inferred as boolean) as is_inferred,
    cast(first_name as varchar) as first_name,
    cast(last_name as varchar) as last_name,
    cast(email as varchar) as email,
    cast(phone as varchar) as phone,
    cast(city as varchar) as city,
    cast(postal_code as varchar) as postal_code,
    cast(country as varchar) as country,
    cast(segment as varchar) as segment
from spans
