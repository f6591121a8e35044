select
    cast(delivered.spend_date as date) as spend_date,
    cast(lower({{ clean_text('delivered.channel') }}) as string) as channel,
    cast(lower({{ clean_text('delivered.campaign') }}) as string) as campaign,
    cast(delivered.spend_amount as decimal(18, 2)) as spend,
    cast(delivered.impressions as bigint) as impressions,
    cast(delivered.clicks as bigint) as clicks
from {{ source('delivered', 'ad_spend') }} as delivered
{{ without_superseded('ad_spend') }}
