{{ config(materialized='ephemeral') }}

select
    cast(delivered.target_month as date) as month_start_date,
    cast(lower({{ clean_text('delivered.metric') }}) as string) as metric_name,
    cast(delivered.target_amount as decimal(18, 2)) as target_amount
from {{ source('delivered', 'targets') }} as delivered
{{ without_superseded('targets') }}
