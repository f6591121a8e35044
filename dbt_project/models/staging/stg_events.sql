select
    cast(delivered.event_id as varchar) as event_id,
    cast(delivered.event_at as timestamp) as event_at,
    cast(delivered.event_date as date) as event_date,
    cast(delivered.event_type as varchar) as event_type,
    cast(coalesce(lower({{ clean_text('delivered.channel') }}), 'unknown') as varchar) as channel,
    cast({{ clean_text('delivered.product_id') }} as varchar) as product_id,
    cast(delivered.event_count as bigint) as event_count
from {{ source('delivered', 'events') }} as delivered
{{ without_superseded('events') }}
