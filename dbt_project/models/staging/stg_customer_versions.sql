{{ config(materialized='ephemeral') }}

with versions as (
    select
        customer_id,
        valid_from,
        _delivery_id as delivery_id,
        {{ clean_text('first_name') }} as first_name,
        {{ clean_text('last_name') }} as last_name,
        lower({{ clean_text('email') }}) as email,
        {{ clean_text('phone') }} as phone,
        {{ clean_text('city') }} as city,
        {{ clean_text('postal_code') }} as postal_code,
        {{ clean_text('country') }} as country,
        lower({{ clean_text('segment') }}) as segment
    from {{ source('raw', 'customers') }}
),

client as (
    select
        pseudonym_inner_pad,
        pseudonym_outer_pad
    from {{ source('raw', 'client') }}
)

select
    cast(versions.customer_id as varchar) as customer_id,
    cast(versions.valid_from as date) as valid_from,
    cast(versions.delivery_id as varchar) as delivery_id,
    cast({{ personal('versions.first_name') }} as varchar) as first_name,
    cast({{ personal('versions.last_name') }} as varchar) as last_name,
    cast({{ pseudonym('versions.email') }} as varchar) as email,
    cast({{ pseudonym('versions.phone') }} as varchar) as phone,
    cast(versions.city as varchar) as city,
    cast({{ personal('versions.postal_code') }} as varchar) as postal_code,
    cast(versions.country as varchar) as country,
    cast(versions.segment as varchar) as segment
from versions
cross join client
