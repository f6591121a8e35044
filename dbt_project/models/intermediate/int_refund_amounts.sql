with client as (
    select amount_only_refunds
    from {{ ref('stg_client') }}
),

refunds as (
    select
        refund_id,
        order_id,
        line_number,
        product_id,
        customer_id,
        refunded_at,
        refunded_date,
        quantity,
        units_restocked,
        reason,
        is_cancellation,
        {{ cents('goods') }} as given_goods,
        {{ cents('tax') }} as given_tax,
        {{ cents('shipping') }} as given_shipping,
        {{ cents('other') }} as given_other,
        {{ cents('paid_back') }} as paid_back
    from {{ ref('stg_refunds') }}
),

orders as (
    select
        order_id,
        nullif(customer_id, 'unknown') as customer_id,
        is_sale,
        is_tax_inside,
        {{ cents('net') }} as goods,
        {{ cents('tax') }} as tax,
        {{ cents('shipping') }} as shipping
    from {{ ref('fct_orders') }}
    where order_id in (select refunds.order_id from refunds)
),

items as (
    select
        order_id,
        line_number,
        product_id,
        {{ cents('net') }} as goods
    from {{ ref('fct_transactions') }}
    where order_id in (select refunds.order_id from refunds)
),

lines as (
    select
        order_id,
        line_number,
        product_id,
        {{ cents('line_tax') }} as tax
    from {{ ref('stg_order_lines') }}
    where order_id in (select refunds.order_id from refunds)
),

taxes_inside as (
    select
        order_id,
        line_number,
        {{ cents('tax_inside') }} as tax
    from {{ ref('int_adjusted_lines') }}
    where order_id in (select refunds.order_id from refunds)
),

charge_products as (
    select
        product_id,
        charge_type
    from {{ ref('int_charge_products') }}
),

taxed_items as (
    select
        items.order_id,
        items.product_id,
        items.goods,
        case when orders.is_tax_inside then taxes_inside.tax else lines.tax end as tax,
        orders.goods as order_goods,
        orders.tax as order_tax
    from items
    inner join orders on items.order_id = orders.order_id
    left join lines on items.order_id = lines.order_id and items.line_number = lines.line_number
    left join taxes_inside on items.order_id = taxes_inside.order_id and items.line_number = taxes_inside.line_number
),

-- Two lines of one product are one item: what comes back of them names the product as often as the line.
order_items as (
    select
        order_id,
        product_id,
        sum(goods) as goods,
        case
            when count(*) = count(tax) then sum(tax)
            else {{ whole_quotient(wide('max(order_tax)') ~ ' * ' ~ wide('sum(goods)'), 'max(order_goods)') }}
        end as tax
    from taxed_items
    group by order_id, product_id
),

named_refunds as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.line_number,
        coalesce(refunds.product_id, lines.product_id) as product_id,
        refunds.customer_id,
        refunds.refunded_at,
        refunds.refunded_date,
        refunds.quantity,
        refunds.units_restocked,
        refunds.reason,
        refunds.is_cancellation,
        refunds.given_goods,
        refunds.given_tax,
        refunds.given_shipping,
        refunds.given_other,
        refunds.paid_back
    from refunds
    left join lines
        on
            refunds.order_id = lines.order_id
            and refunds.line_number = lines.line_number
),

-- What is paid back for a code that is no goods is of shipping, or of neither.
said_refunds as (
    select
        named_refunds.refund_id,
        named_refunds.order_id,
        named_refunds.line_number,
        named_refunds.product_id,
        named_refunds.customer_id,
        named_refunds.refunded_at,
        named_refunds.refunded_date,
        named_refunds.quantity,
        named_refunds.units_restocked,
        named_refunds.reason,
        named_refunds.is_cancellation,
        case when charge_products.charge_type is null then named_refunds.given_goods else 0 end as given_goods,
        case
            when charge_products.charge_type is null then named_refunds.given_tax
            else coalesce(named_refunds.given_tax, 0)
        end as given_tax,
        case
            when charge_products.charge_type is null then named_refunds.given_shipping
            when charge_products.charge_type = 'shipping'
                then
                    named_refunds.paid_back
                    - coalesce(named_refunds.given_tax, 0)
                    - coalesce(named_refunds.given_other, 0)
            else coalesce(named_refunds.given_shipping, 0)
        end as given_shipping,
        case
            when charge_products.charge_type is null or charge_products.charge_type = 'shipping'
                then named_refunds.given_other
            else
                named_refunds.paid_back
                - coalesce(named_refunds.given_tax, 0)
                - coalesce(named_refunds.given_shipping, 0)
        end as given_other,
        named_refunds.paid_back
    from named_refunds
    left join charge_products on named_refunds.product_id = charge_products.product_id
)

select
    cast(said_refunds.refund_id as string) as refund_id,
    cast(said_refunds.order_id as string) as order_id,
    cast(said_refunds.line_number as bigint) as line_number,
    cast(said_refunds.product_id as string) as product_id,
    cast(coalesce(said_refunds.customer_id, orders.customer_id, 'unknown') as string) as customer_id,
    cast(said_refunds.refunded_at as timestamp) as refunded_at,
    cast(said_refunds.refunded_date as date) as refunded_date,
    cast(said_refunds.quantity as decimal(18, 3)) as quantity,
    cast(said_refunds.units_restocked as decimal(18, 3)) as units_restocked,
    cast(said_refunds.reason as string) as reason,
    cast(said_refunds.is_cancellation as boolean) as is_cancellation,
    cast(said_refunds.given_goods as bigint) as given_goods,
    cast(said_refunds.given_tax as bigint) as given_tax,
    cast(said_refunds.given_shipping as bigint) as given_shipping,
    cast(said_refunds.given_other as bigint) as given_other,
    cast(said_refunds.paid_back as bigint) as paid_back,
    cast(
        said_refunds.paid_back
        - coalesce(said_refunds.given_goods, 0)
        - coalesce(said_refunds.given_tax, 0)
        - coalesce(said_refunds.given_shipping, 0)
        - coalesce(said_refunds.given_other, 0) as bigint
    ) as rest,
    cast(orders.order_id is not null as boolean) as has_order,
    cast(coalesce(orders.is_sale, true) as boolean) as is_counted,
    cast(
        client.amount_only_refunds = 'goods'
        and said_refunds.product_id is null
        and coalesce(said_refunds.given_goods, said_refunds.given_tax, said_refunds.given_shipping) is null
        as boolean
    ) as is_goods_first,
    cast(case when orders.goods < 0 then 0 else orders.goods end as bigint) as order_goods,
    cast(case when orders.tax < 0 then 0 else orders.tax end as bigint) as order_tax,
    cast(case when orders.shipping < 0 then 0 else orders.shipping end as bigint) as order_shipping,
    cast(case when order_items.goods < 0 then 0 else order_items.goods end as bigint) as item_goods,
    cast(case when order_items.tax < 0 then 0 else order_items.tax end as bigint) as item_tax,
    cast(row_number() over (
        partition by said_refunds.order_id
        order by said_refunds.refunded_at asc nulls last, said_refunds.refund_id asc nulls last
    ) as bigint) as refund_number,
    cast(row_number() over (
        partition by said_refunds.order_id, said_refunds.product_id
        order by said_refunds.refunded_at asc nulls last, said_refunds.refund_id asc nulls last
    ) as bigint) as item_refund_number
from said_refunds
cross join client
left join orders on said_refunds.order_id = orders.order_id
left join order_items
    on
        said_refunds.order_id = order_items.order_id
        and said_refunds.product_id = order_items.product_id
