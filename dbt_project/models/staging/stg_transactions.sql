select
    cast(order_id as varchar) as order_id,
    cast(line_number as integer) as line_number,
    cast(order_date as date) as order_date,
    cast(product_id as varchar) as product_id,
    cast(quantity as integer) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(quantity * unit_price as decimal(18, 2)) as gross,
    cast(discount_amount as decimal(18, 2)) as line_discount
from {{ source('raw', 'transactions') }}
