{{ config(materialized='ephemeral') }}

select
    cast(delivered.rate_date as date) as rate_date,
    cast(delivered.currency as string) as currency,
    cast(delivered.rate as decimal(19, 8)) as rate
from {{ source('delivered', 'exchange_rates') }} as delivered
{{ without_superseded('exchange_rates') }}
