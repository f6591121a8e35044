select
    cast(delivered.event_id as string) as event_id,
    cast(delivered.event_at as timestamp) as event_at,
    cast(delivered.event_date as date) as event_date,
    cast(delivered.event_type as string) as event_type,
    cast(coalesce(lower({{ clean_text('delivered.channel') }}), 'unknown') as string) as channel,
    cast({{ clean_text('delivered.product_id') }} as string) as product_id,
    cast(delivered.event_count as bigint) as event_count
from {{ source('delivered', 'events') }} as delivered
{{ without_superseded('events') }}
