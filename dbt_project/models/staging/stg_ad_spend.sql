select
    cast(spend_date as date) as spend_date,
    cast(lower({{ clean_text('channel') }}) as varchar) as channel,
    cast(lower({{ clean_text('campaign') }}) as varchar) as campaign,
    cast(spend_amount as decimal(18, 2)) as spend,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks
from {{ source('raw', 'ad_spend') }}
where is_current
