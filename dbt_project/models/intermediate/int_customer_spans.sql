with customer_versions as (
    select
        customer_id,
        valid_from,
        delivery_id,
        segment,
        country
    from {{ ref('stg_customer_versions') }}
),

spans as (
    {{ validity_spans('customer_versions', 'customer_id', ['segment', 'country']) }}
)

select
    cast(customer_id as string) as customer_id,
    cast(segment as string) as segment,
    cast(country as string) as country,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from spans
