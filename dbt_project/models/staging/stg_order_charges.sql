with lines as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        price,
        discount,
        line_tax
    from {{ ref('stg_order_lines') }}
),

charge_products as (
    select
        product_id,
        charge_type
    from {{ ref('int_charge_products') }}
)

-- What a discount takes off is delivered below 0.
select
    cast(lines.order_id as string) as order_id,
    cast(lines.line_number as bigint) as line_number,
    cast(lines.order_date as date) as order_date,
    cast(lines.product_id as string) as product_id,
    cast(charge_products.charge_type as string) as charge_type,
    cast(
        case when charge_products.charge_type = 'discount' then -lines.price else lines.price - lines.discount end
        as decimal(18, 2)
    ) as amount,
    cast(lines.line_tax as decimal(18, 2)) as line_tax
from lines
inner join charge_products on lines.product_id = charge_products.product_id
