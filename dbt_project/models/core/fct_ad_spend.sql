{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='spend_date',
        on_schema_change='fail',
        meta={'changes_of': 'ad_spend'}
    )
}}

with affected_days as (
    {{ affected_days('ad_spend', 'spend_date') }}
),

ad_spend as (
    select
        spend_date,
        channel,
        campaign,
        spend,
        impressions,
        clicks
    from {{ ref('stg_ad_spend') }}
    where {{ in_increment('spend_date', 'affected_days') }}
),

-- Two spellings of a campaign are one campaign.
daily_campaigns as (
    select
        spend_date,
        channel,
        campaign,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from ad_spend
    group by spend_date, channel, campaign
)

select
    cast(daily_campaigns.spend_date as date) as spend_date,
    cast(daily_campaigns.channel as string) as channel,
    cast(daily_campaigns.campaign as string) as campaign,
    cast(daily_campaigns.spend as decimal(18, 2)) as spend,
    cast(daily_campaigns.impressions as bigint) as impressions,
    cast(daily_campaigns.clicks as bigint) as clicks,
    cast(affected_days.change_number as bigint) as change_number
from daily_campaigns
left join affected_days on daily_campaigns.spend_date = affected_days.spend_date
