-- Every day's spending of raw is in core, to the cent and the click.
with raw_days as (
    select
        spend_date as data_date,
        sum(spend_amount) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from {{ source('raw', 'ad_spend') }}
    where is_current
    group by spend_date
),

core_days as (
    select
        spend_date as data_date,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from {{ ref('fct_ad_spend') }}
    group by spend_date
)

{{ unequal_days('raw_days', 'core_days', ['spend', 'impressions', 'clicks']) }}
