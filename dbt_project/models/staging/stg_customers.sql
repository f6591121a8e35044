select
    cast(customer_id as varchar) as customer_id,
    cast({{ clean_text('first_name') }} as varchar) as first_name,
    cast({{ clean_text('last_name') }} as varchar) as last_name,
    cast(lower({{ clean_text('email') }}) as varchar) as email,
    cast({{ clean_text('phone') }} as varchar) as phone,
    cast({{ clean_text('street') }} as varchar) as street,
    cast({{ clean_text('city') }} as varchar) as city,
    cast({{ clean_text('postal_code') }} as varchar) as postal_code,
    cast({{ clean_text('country') }} as varchar) as country,
    cast(lower({{ clean_text('segment') }}) as varchar) as segment,
    cast(signup_at as timestamp) as signup_at
from {{ source('raw', 'customers') }}
where is_current
