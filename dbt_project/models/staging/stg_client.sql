{{ config(materialized='ephemeral') }}

select
    cast(client as varchar) as client,
    cast(currency as varchar) as currency,
    cast(time_zone as varchar) as time_zone,
    cast(has_payments as boolean) as has_payments
from {{ source('raw', 'client') }}
