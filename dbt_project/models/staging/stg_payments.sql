select
    cast(delivered.payment_id as string) as payment_id,
    cast(delivered.order_id as string) as order_id,
    cast(delivered.attempt_number as integer) as attempt_number,
    cast(coalesce(nullif(lower({{ clean_text('delivered.method') }}), 'none'), 'unknown') as string) as payment_method,
    cast(lower({{ clean_text('delivered.status') }}) as string) as payment_status,
    cast(delivered.amount as decimal(18, 2)) as amount,
    cast(delivered.paid_at as timestamp) as paid_at
from {{ source('delivered', 'payments') }} as delivered
{{ without_superseded('payments') }}
