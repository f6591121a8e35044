select
    cast(stock_date as date) as stock_date,
    cast(product_id as varchar) as product_id,
    cast(stock_on_hand as integer) as stock_on_hand,
    cast(received_units as bigint) as received_units
from {{ source('raw', 'inventory') }}
where is_current
