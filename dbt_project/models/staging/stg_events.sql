select
    cast(event_id as varchar) as event_id,
    cast(event_at as timestamp) as event_at,
    cast(event_date as date) as event_date,
    cast(event_type as varchar) as event_type,
    cast(coalesce(lower({{ clean_text('channel') }}), 'unknown') as varchar) as channel,
    cast({{ clean_text('product_id') }} as varchar) as product_id,
    cast(event_count as bigint) as event_count
from {{ source('raw', 'events') }}
where is_current
