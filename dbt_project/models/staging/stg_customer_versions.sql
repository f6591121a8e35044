{{ config(materialized='ephemeral') }}

-- Two deliveries complete through the same day: the later one is the version of that day.
select
    cast(customer_id as varchar) as customer_id,
    cast(valid_from as date) as valid_from,
    cast({{ clean_text('country') }} as varchar) as country,
    cast(lower({{ clean_text('segment') }}) as varchar) as segment
from {{ source('raw', 'customers') }}
qualify row_number() over (partition by customer_id, valid_from order by _delivery_id desc, _line desc) = 1
