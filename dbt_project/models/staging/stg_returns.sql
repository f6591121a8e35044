select
    cast(return_id as varchar) as return_id,
    cast(order_id as varchar) as order_id,
    cast(line_number as integer) as line_number,
    cast(product_id as varchar) as product_id,
    cast(coalesce(nullif(customer_id, ''), 'unknown') as varchar) as customer_id,
    cast(returned_at as timestamp) as returned_at,
    cast(returned_date as date) as returned_date,
    cast(quantity as integer) as quantity,
    cast(refund_amount as decimal(18, 2)) as refund,
    cast(lower({{ clean_text('reason') }}) as varchar) as reason
from {{ source('raw', 'returns') }}
where is_current
