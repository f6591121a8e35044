{{ config(materialized='ephemeral') }}

select
    cast(delivered.annotated_date as date) as annotated_date,
    cast({{ clean_text('delivered.text') }} as string) as annotation_text,
    cast(coalesce(lower({{ clean_text('delivered.kind') }}), 'unknown') as string) as annotation_kind
from {{ source('delivered', 'annotations') }} as delivered
{{ without_superseded('annotations') }}
