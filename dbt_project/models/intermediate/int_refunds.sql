with recursive refunds as (
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
        given_goods,
        given_tax,
        given_shipping,
        given_other,
        paid_back,
        rest,
        has_order,
        is_counted,
        is_goods_first,
        order_goods,
        order_tax,
        order_shipping,
        item_goods,
        item_tax,
        refund_number,
        item_refund_number
    from {{ ref('int_refund_amounts') }}
),

product_spans as (
    select
        product_id,
        is_product,
        valid_from,
        valid_to
    from {{ ref('int_product_spans') }}
),

-- What a refund of an item is of that item's goods and tax.
refunds_of_items as (
    select
        refund_id,
        order_id,
        product_id,
        item_refund_number as turn,
        greatest(rest, 0) as due,
        given_goods,
        given_tax,
        cast(0 as bigint) as given_shipping,
        cast(0 as bigint) as goods_first,
        cast(0 as bigint) as tax_first,
        item_goods as goods_start,
        item_tax as tax_start,
        cast(0 as bigint) as shipping_start
    from refunds
    where item_goods is not null
),

taken_of_items as (
    {{ taken_in_turn('taken_of_items', 'refunds_of_items', ['order_id', 'product_id']) }}
),

-- The rest of it, and all other refunds, are of what their order still has.
refunds_of_orders as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.refund_number as turn,
        greatest(refunds.rest, 0) as due,
        refunds.given_goods,
        refunds.given_tax,
        refunds.given_shipping,
        case
            when refunds.is_goods_first then greatest(refunds.rest, 0)
            else coalesce(taken_of_items.goods_taken, 0)
        end as goods_first,
        coalesce(taken_of_items.tax_taken, 0) as tax_first,
        refunds.order_goods as goods_start,
        refunds.order_tax as tax_start,
        refunds.order_shipping as shipping_start
    from refunds
    left join taken_of_items on refunds.refund_id = taken_of_items.refund_id
    where refunds.has_order
),

taken_of_orders as (
    {{ taken_in_turn('taken_of_orders', 'refunds_of_orders', ['order_id']) }}
),

-- An order that is older than all data has no parts to compare with: what is not given is goods.
refund_parts as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.line_number,
        refunds.product_id,
        refunds.customer_id,
        refunds.refunded_at,
        refunds.refunded_date,
        refunds.quantity,
        refunds.units_restocked,
        refunds.reason,
        case
            when refunds.given_goods is not null then refunds.given_goods
            when refunds.has_order then taken_of_orders.goods_taken
            else greatest(refunds.rest, 0)
        end as goods,
        coalesce(refunds.given_tax, taken_of_orders.tax_taken, 0) as tax,
        coalesce(refunds.given_shipping, taken_of_orders.shipping_taken, 0) as shipping,
        refunds.paid_back,
        refunds.rest > 0 as is_split,
        refunds.has_order,
        refunds.is_counted,
        refunds.is_cancellation,
        refunds.order_goods,
        refunds.refund_number
    from refunds
    left join taken_of_orders on refunds.refund_id = taken_of_orders.refund_id
),

goods_before as (
    select
        refund_id,
        sum(goods)
            over (
                partition by order_id order by refund_number asc nulls last
                rows between unbounded preceding and 1 preceding
            )
            as goods,
        max(case when is_cancellation then 1 else 0 end)
            over (
                partition by order_id order by refund_number asc nulls last
                rows between unbounded preceding and 1 preceding
            )
            as is_cancelled
    from refund_parts
),

-- A cancellation takes back the goods that refunds before it have left, so that none are left for those after it.
refunded_goods as (
    select
        refund_parts.refund_id,
        case
            when goods_before.is_cancelled = 1 then 0
            when refund_parts.is_cancellation
                then greatest(refund_parts.order_goods - coalesce(goods_before.goods, 0), 0)
            else refund_parts.goods
        end as goods
    from refund_parts
    inner join goods_before on refund_parts.refund_id = goods_before.refund_id
),

refunded_products as (
    select
        refund_parts.refund_id,
        refund_parts.order_id,
        refund_parts.line_number,
        refund_parts.product_id,
        coalesce(product_spans.is_product, true) as is_product,
        refund_parts.customer_id,
        refund_parts.refunded_at,
        refund_parts.refunded_date,
        refund_parts.quantity,
        refund_parts.units_restocked,
        refund_parts.reason,
        refunded_goods.goods,
        refund_parts.tax,
        refund_parts.shipping,
        refund_parts.paid_back - refunded_goods.goods - refund_parts.tax - refund_parts.shipping as other,
        refund_parts.paid_back,
        refund_parts.is_split,
        refund_parts.has_order,
        refund_parts.is_counted
    from refund_parts
    inner join refunded_goods on refund_parts.refund_id = refunded_goods.refund_id
    left join product_spans
        on
            refund_parts.product_id = product_spans.product_id
            and refund_parts.refunded_date >= product_spans.valid_from
            and refund_parts.refunded_date < product_spans.valid_to
),

refunds_with_number as (
    select
        refund_id,
        order_id,
        line_number,
        product_id,
        is_product,
        customer_id,
        refunded_at,
        refunded_date,
        quantity,
        units_restocked,
        reason,
        goods,
        tax,
        shipping,
        other,
        paid_back,
        is_split,
        has_order,
        is_counted,
        {{
            row_hash([
                'refund_id', 'order_id', 'line_number', 'product_id', 'is_product', 'customer_id', 'refunded_at',
                'quantity', 'units_restocked', 'reason', 'goods', 'tax', 'shipping', 'other', 'is_split', 'has_order',
                'is_counted'
            ])
        }} as refund_hash
    from refunded_products
)

select
    cast(refund_id as string) as refund_id,
    cast(order_id as string) as order_id,
    cast(line_number as bigint) as line_number,
    cast(product_id as string) as product_id,
    cast(is_product as boolean) as is_product,
    cast(customer_id as string) as customer_id,
    cast(refunded_at as timestamp) as refunded_at,
    cast(refunded_date as date) as refunded_date,
    cast(quantity as decimal(18, 3)) as quantity,
    cast(units_restocked as decimal(18, 3)) as units_restocked,
    cast(reason as string) as reason,
    {{ from_cents('goods') }} as goods_amount,
    {{ from_cents('tax') }} as tax_amount,
    {{ from_cents('shipping') }} as shipping_amount,
    {{ from_cents('other') }} as other_amount,
    {{ from_cents('paid_back') }} as refund_amount,
    cast(is_split as boolean) as is_split,
    cast(has_order as boolean) as has_order,
    cast(is_counted as boolean) as is_counted,
    {{ as_signature('sum(refund_hash) over (partition by refunded_date)') }} as change_number
from refunds_with_number
