{{ config(materialized='ephemeral') }}

select
    cast(delivered.balance_transaction_id as string) as balance_transaction_id,
    cast(delivered.occurred_date as date) as occurred_date,
    cast(delivered.occurred_at as timestamp) as occurred_at,
    cast(lower({{ clean_text('delivered.kind') }}) as string) as transaction_kind,
    cast(delivered.amount as decimal(18, 2)) as amount,
    cast(delivered.fee_amount as decimal(18, 2)) as fee,
    cast(delivered.net_amount as decimal(18, 2)) as net,
    cast(delivered.payout_id as string) as payout_id,
    cast(delivered.available_date as date) as available_date,
    cast(delivered.order_id as string) as order_id,
    cast(delivered.payment_id as string) as payment_id
from {{ source('delivered', 'balance_transactions') }} as delivered
{{ without_superseded('balance_transactions') }}
where {{ is_counted_yet('delivered.occurred_date') }}
