{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='stock_date',
        on_schema_change='fail',
        meta={'changes_of': 'inventory'}
    )
}}

with affected_days as (
    {{ affected_days('inventory', 'stock_date') }}
),

inventory as (
    select
        stock_date,
        product_id,
        stock_on_hand,
        received_units
    from {{ ref('stg_inventory') }}
    where {{ in_increment('stock_date', 'affected_days') }}
)

select
    cast(inventory.stock_date as date) as stock_date,
    cast(inventory.product_id as string) as product_id,
    cast(inventory.stock_on_hand as bigint) as stock_on_hand,
    cast(inventory.received_units as bigint) as received_units,
    cast(inventory.stock_on_hand <= 0 as boolean) as is_stock_out,
    cast(affected_days.change_number as bigint) as change_number
from inventory
left join affected_days on inventory.stock_date = affected_days.stock_date
