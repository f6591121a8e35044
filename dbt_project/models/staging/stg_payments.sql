select
    cast(payment_id as varchar) as payment_id,
    cast(order_id as varchar) as order_id,
    cast(attempt_number as integer) as attempt_number,
    cast(coalesce(nullif(lower({{ clean_text('method') }}), 'none'), 'unknown') as varchar) as payment_method,
    cast(lower({{ clean_text('status') }}) as varchar) as payment_status,
    cast(amount as decimal(18, 2)) as amount,
    cast(paid_at as timestamp) as paid_at
from {{ source('raw', 'payments') }}
where is_current
