select
    cast(delivered.stock_date as date) as stock_date,
    cast(delivered.product_id as string) as product_id,
    cast(delivered.stock_on_hand as integer) as stock_on_hand,
    cast(delivered.received_units as bigint) as received_units
from {{ source('delivered', 'inventory') }} as delivered
{{ without_superseded('inventory') }}
