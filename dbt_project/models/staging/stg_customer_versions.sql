{{ config(materialized='ephemeral') }}
{%- set attributes = [
    'first_name', 'last_name', 'email', 'phone', 'city', 'postal_code', 'country', 'segment'
] %}

with deliveries as (
    select
        delivery_id,
        coalesce(file_order || ' ', '') || delivery_id as delivery_place
    from {{ source('raw', 'load_ledger') }}
),

versions as (
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
    from {{ source('delivered', 'customers') }}
    union all
    select
        customer_id,
        valid_from,
        delivery_id,
        null as first_name,
        null as last_name,
        null as email,
        null as phone,
        null as city,
        null as postal_code,
        {{ clean_text('country') }} as country,
        null as segment
    from {{ ref('int_mentioned_customers') }}
),

-- A customer is delivered every night; only what changed needs keyed hashes, at two microseconds each.
changes as (
    select
        versions.customer_id,
        versions.valid_from,
        deliveries.delivery_place,
        versions.first_name,
        versions.last_name,
        versions.email,
        versions.phone,
        versions.city,
        versions.postal_code,
        versions.country,
        versions.segment
    from versions
    inner join deliveries on versions.delivery_id = deliveries.delivery_id
    qualify
        {{ row_hash(attributes) }}
        is distinct from lag({{ row_hash(attributes) }}) over (
            partition by versions.customer_id
            order by versions.valid_from asc nulls last, deliveries.delivery_place asc nulls last
        )
),

client as (
    select
        pseudonym_inner_pad,
        pseudonym_outer_pad,
        customer_ids
    from {{ source('raw', 'client') }}
)

select
    cast({{ customer_pseudonym('changes.customer_id') }} as string) as customer_id,
    cast(changes.valid_from as date) as valid_from,
    cast(changes.delivery_place as string) as delivery_id,
    cast({{ personal('changes.first_name') }} as string) as first_name,
    cast({{ personal('changes.last_name') }} as string) as last_name,
    cast({{ pseudonym('changes.email') }} as string) as email,
    cast({{ pseudonym('changes.phone') }} as string) as phone,
    cast(changes.city as string) as city,
    cast({{ personal('changes.postal_code') }} as string) as postal_code,
    cast(changes.country as string) as country,
    cast(changes.segment as string) as segment
from changes
cross join client
