{{ config(materialized='ephemeral') }}

select
    cast(delivered.shipment_id as string) as shipment_id,
    cast(delivered.order_id as string) as order_id,
    cast(delivered.cost_amount as decimal(18, 2)) as shipping_cost
from {{ source('delivered', 'shipping_costs') }} as delivered
{{ without_superseded('shipping_costs') }}
