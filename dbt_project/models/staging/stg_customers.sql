with customers as (
    select
        delivered.customer_id,
        {{ clean_text('delivered.first_name') }} as first_name,
        {{ clean_text('delivered.last_name') }} as last_name,
        lower({{ clean_text('delivered.email') }}) as email,
        {{ clean_text('delivered.phone') }} as phone,
        {{ clean_text('delivered.street') }} as street,
        {{ clean_text('delivered.city') }} as city,
        {{ clean_text('delivered.postal_code') }} as postal_code,
        {{ clean_text('delivered.country') }} as country,
        lower({{ clean_text('delivered.segment') }}) as segment,
        delivered.signup_at
    from {{ source('delivered', 'customers') }} as delivered
    {{ without_superseded('customers') }}
    union all
    select
        delivered.customer_id,
        null as first_name,
        null as last_name,
        null as email,
        null as phone,
        null as street,
        null as city,
        null as postal_code,
        {{ clean_text('delivered.country') }} as country,
        null as segment,
        null as signup_at
    from {{ ref('int_mentioned_customers') }} as delivered
    {{ without_superseded('customers', 'delivery_id') }}
),

client as (
    select
        pseudonym_inner_pad,
        pseudonym_outer_pad,
        customer_ids
    from {{ source('raw', 'client') }}
)

select
    cast({{ customer_pseudonym('customers.customer_id') }} as string) as customer_id,
    cast({{ personal('customers.first_name') }} as string) as first_name,
    cast({{ personal('customers.last_name') }} as string) as last_name,
    cast({{ pseudonym('customers.email') }} as string) as email,
    cast({{ pseudonym('customers.phone') }} as string) as phone,
    cast({{ personal('customers.street') }} as string) as street,
    cast(customers.city as string) as city,
    cast({{ personal('customers.postal_code') }} as string) as postal_code,
    cast(customers.country as string) as country,
    cast(customers.segment as string) as segment,
    cast(customers.signup_at as timestamp) as signup_at
from customers
cross join client
