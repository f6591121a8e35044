{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='occurred_date',
        on_schema_change='fail',
        meta={'changes_of': 'balance_transactions'}
    )
}}

with affected_days as (
    {{ affected_days('balance_transactions', 'occurred_date') }}
),

transactions as (
    select
        balance_transaction_id,
        occurred_date,
        occurred_at,
        transaction_kind,
        amount,
        fee,
        net,
        payout_id,
        available_date,
        order_id,
        payment_id
    from {{ ref('stg_balance_transactions') }}
    where {{ in_increment('occurred_date', 'affected_days') }}
)

select
    cast(transactions.balance_transaction_id as string) as balance_transaction_id,
    cast(transactions.occurred_date as date) as occurred_date,
    cast(transactions.occurred_at as timestamp) as occurred_at,
    cast(transactions.transaction_kind as string) as transaction_kind,
    cast(transactions.amount as decimal(18, 2)) as amount,
    cast(coalesce(transactions.fee, transactions.amount - transactions.net) as decimal(18, 2)) as fee,
    cast(coalesce(transactions.net, transactions.amount - transactions.fee) as decimal(18, 2)) as net,
    cast(
        case
            when transactions.transaction_kind = 'payout'
                then coalesce(transactions.payout_id, transactions.balance_transaction_id)
            else transactions.payout_id
        end as string
    ) as payout_id,
    cast(transactions.available_date as date) as available_date,
    cast(transactions.order_id as string) as order_id,
    cast(transactions.payment_id as string) as payment_id,
    cast(affected_days.change_number as bigint) as change_number
from transactions
left join affected_days on transactions.occurred_date = affected_days.occurred_date
