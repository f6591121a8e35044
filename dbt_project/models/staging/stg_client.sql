{{ config(materialized='ephemeral') }}

select
    cast(client as string) as client,
    cast(currency as string) as currency,
    cast(time_zone as string) as time_zone,
    cast(business_date as date) as business_date,
    cast(has_payments as boolean) as has_payments,
    cast(has_returns as boolean) as has_returns,
    cast(coalesce(tax, 'on_top') as string) as tax_position,
    cast(has_refunds as boolean) as has_refunds,
    cast(coalesce(count_orders = 'placed', false) as boolean) as counts_unpaid,
    cast(coalesce(cancelled = 'reversed', false) as boolean) as reverses_cancelled,
    cast(amount_only_refunds as string) as amount_only_refunds,
    cast(pseudonym_inner_pad as string) as pseudonym_inner_pad,
    cast(pseudonym_outer_pad as string) as pseudonym_outer_pad,
    cast(customer_ids as string) as customer_ids
from {{ source('raw', 'client') }}
