{{ config(materialized='ephemeral') }}

select
    cast(client as string) as client,
    cast(currency as string) as currency,
    cast(time_zone as string) as time_zone,
    cast(business_date as date) as business_date,
    cast(has_payments as boolean) as has_payments,
    cast(has_returns as boolean) as has_returns
from {{ source('raw', 'client') }}
