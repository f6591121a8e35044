with customers as (
    select
        customer_id,
        {{ clean_text('first_name') }} as first_name,
        {{ clean_text('last_name') }} as last_name,
        lower({{ clean_text('email') }}) as email,
        {{ clean_text('phone') }} as phone,
        {{ clean_text('street') }} as street,
        {{ clean_text('city') }} as city,
        {{ clean_text('postal_code') }} as postal_code,
        {{ clean_text('country') }} as country,
        lower({{ clean_text('segment') }}) as segment,
        signup_at
    from {{ source('raw', 'customers') }}
    where is_current
),

client as (
    select
        pseudonym_inner_pad,
        pseudonym_outer_pad
    from {{ source('raw', 'client') }}
)

select
    cast(customers.customer_id as varchar) as customer_id,
    cast({{ personal('customers.first_name') }} as varchar) as first_name,
    cast({{ personal('customers.last_name') }} as varchar) as last_name,
    cast({{ pseudonym('customers.email') }} as varchar) as email,
    cast({{ pseudonym('customers.phone') }} as varchar) as phone,
    cast({{ personal('customers.street') }} as varchar) as street,
    cast(customers.city as varchar) as city,
    cast({{ personal('customers.postal_code') }} as varchar) as postal_code,
    cast(customers.country as varchar) as country,
    cast(customers.segment as varchar) as segment,
    cast(customers.signup_at as timestamp) as signup_at
from customers
cross join client
