{{ config(materialized='ephemeral') }}

select
    cast(customer_id as varchar) as customer_id,
    cast(valid_from as date) as valid_from,
    cast(_delivery_id as varchar) as delivery_id,
    cast({{ clean_text('country') }} as varchar) as country,
    cast(lower({{ clean_text('segment') }}) as varchar) as segment
from {{ source('raw', 'customers') }}
