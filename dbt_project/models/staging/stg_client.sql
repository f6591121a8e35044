{{ config(materialized='ephemeral') }}

select
    cast(client as string) as client,
    cast(currency as string) as currency,
    cast(time_zone as string) as time_zone,
    cast(has_payments as boolean) as has_payments
from {{ source('raw', 'client') }}
