{{ config(materialized='ephemeral') }}

with client as (
    select
        business_date,
        has_returns
    from {{ ref('stg_client') }}
)

select
    cast(business_date as date) as business_date,
    cast(has_returns as boolean) as has_returns
from client
