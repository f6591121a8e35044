with ledger as (
    select
        delivery_id,
        run_id,
        finished_at,
        is_replaced
    from {{ source('raw', 'load_ledger') }}
),

last_load as (
    select {{ latest('run_id', ['finished_at']) }} as run_id
    from ledger
),

new_deliveries as (
    select ledger.delivery_id
    from ledger
    inner join last_load on ledger.run_id = last_load.run_id
    where not ledger.is_replaced
),

superseded as (
    select
        record_kind,
        record_key,
        delivery_id
    from {{ ref('int_superseded') }}
),

all_lines as (
    select
        {{ line_kind() }} as record_kind,
        {{ line_key() }} as record_key,
        order_id,
        product_id,
        delivery_id
    from {{ ref('int_order_lines') }}
    union all
    select
        'order_items' as record_kind,
        order_id as record_key,
        order_id,
        product_id,
        _delivery_id as delivery_id
    from {{ source('delivered', 'order_items') }}
    where {{ of_dataset('order_items') }}
),

loaded_orders as (
    select
        record_kind,
        order_id,
        max(delivery_id) as loaded_delivery_id
    from all_lines
    where delivery_id in (select new_deliveries.delivery_id from new_deliveries)
    group by record_kind, order_id
),

lines as (
    select
        loaded_orders.loaded_delivery_id,
        all_lines.record_kind,
        all_lines.order_id,
        all_lines.product_id,
        all_lines.delivery_id,
        superseded.delivery_id is null as is_current
    from all_lines
    inner join loaded_orders
        on
            all_lines.record_kind = loaded_orders.record_kind
            and all_lines.order_id = loaded_orders.order_id
    left join superseded
        on
            all_lines.record_kind = superseded.record_kind
            and all_lines.record_key = superseded.record_key
            and all_lines.delivery_id = superseded.delivery_id
),

current_orders as (
    select
        record_kind,
        order_id,
        min(delivery_id) as counted_delivery_id
    from lines
    where is_current
    group by record_kind, order_id
),

current_products as (
    select distinct
        record_kind,
        order_id,
        product_id
    from lines
    where is_current
)

select
    cast(lines.loaded_delivery_id as string) as loaded_delivery_id,
    cast(lines.order_id as string) as order_id,
    cast(lines.product_id as string) as product_id,
    cast(lines.delivery_id as string) as delivery_id,
    cast(min(current_orders.counted_delivery_id) as string) as counted_delivery_id,
    cast(count(*) as bigint) as line_count
from lines
inner join current_orders
    on
        lines.record_kind = current_orders.record_kind
        and lines.order_id = current_orders.order_id
left join current_products
    on
        lines.record_kind = current_products.record_kind
        and lines.order_id = current_products.order_id
        and lines.product_id = current_products.product_id
where
    not lines.is_current
    and current_products.order_id is null
group by lines.loaded_delivery_id, lines.order_id, lines.product_id, lines.delivery_id
