with lines as (
    select
        sold.order_id,
        sold.line_number,
        sold.order_date,
        sold.product_id,
        sold.variant_id,
        sold.sku,
        sold.quantity,
        sold.unit_price,
        sold.price as gross,
        sold.discount,
        sold.line_tax,
        sold.unit_cost
    from {{ ref('stg_order_lines') }} as sold
    {{ anti_join() }} {{ ref('int_charge_products') }} as charges on sold.product_id = charges.product_id
)

select
    cast(order_id as string) as order_id,
    cast(line_number as bigint) as line_number,
    cast(order_date as date) as order_date,
    cast(product_id as string) as product_id,
    cast(variant_id as string) as variant_id,
    cast(sku as string) as sku,
    cast(quantity as decimal(18, 3)) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(gross as decimal(18, 2)) as gross,
    cast(least(discount, gross) as decimal(18, 2)) as line_discount,
    cast(greatest(discount - gross, 0) as decimal(18, 2)) as excess_discount,
    cast(line_tax as decimal(18, 2)) as line_tax,
    cast(unit_cost as decimal(18, 4)) as unit_cost
from lines
