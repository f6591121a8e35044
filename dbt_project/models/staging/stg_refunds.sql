{%- set rate = 'cast(coalesce(foreign_orders.exchange_rate, 1) as decimal(19, 8))' -%}
{%- set is_undated = 'false' if order_day() == 'created' else 'delivered.' ~ order_day() ~ '_at is null' -%}

with client as (
    select
        time_zone,
        has_refunds,
        reverses_cancelled,
        tax_position = 'inside' as is_tax_inside,
        pseudonym_inner_pad,
        pseudonym_outer_pad,
        customer_ids
    from {{ ref('stg_client') }}
),

delivered_refunds as (
    select
        delivered.refund_id,
        delivered.order_id,
        delivered.line_number,
        delivered.product_id,
        delivered.customer_id,
        delivered.refunded_at,
        delivered.refunded_date,
        delivered.quantity,
        delivered.units_restocked,
        delivered.goods_amount,
        delivered.tax_amount,
        delivered.shipping_amount,
        delivered.other_amount,
        delivered.refund_amount,
        delivered.reason
    from {{ source('delivered', 'refunds') }} as delivered
    {{ without_superseded('refunds') }}
),

delivered_returns as (
    select
        delivered.return_id,
        delivered.order_id,
        delivered.line_number,
        delivered.product_id,
        delivered.customer_id,
        delivered.returned_at,
        delivered.returned_date,
        delivered.quantity,
        delivered.units_restocked,
        delivered.goods_amount,
        delivered.tax_amount,
        delivered.shipping_amount,
        delivered.other_amount,
        delivered.refund_amount,
        delivered.reason
    from {{ source('delivered', 'returns') }} as delivered
    {{ without_superseded('returns') }}
),

lines as (
    select
        delivered.order_id,
        delivered.line_number,
        delivered.product_id,
        delivered.customer_id,
        delivered.line_at,
        delivered.invoice_date,
        delivered.quantity,
        -coalesce(delivered.line_total, {{ rounded_product('delivered.quantity', 3, 'delivered.unit_price', 4) }})
        - coalesce(abs(delivered.line_discount), 0) as price,
        nullif(abs(delivered.line_tax_amount), 0) as tax,
        delivered.tax_inside,
        delivered.reason
    from {{ ref('int_order_lines') }} as delivered
    {{ without_superseded('order_lines', 'delivery_id') }}
    where delivered.line_type = 'return'
),

orders as (
    select
        order_id,
        counted_at,
        cancelled_at,
        cancelled_date,
        is_tax_inside
    from {{ ref('stg_orders') }}
),

undated_orders as (
    select delivered.order_id
    from {{ source('delivered', 'orders') }} as delivered
    {{ without_superseded('orders') }}
    where {{ is_undated }}
    union all
    select delivered.order_id
    from {{ ref('int_line_orders') }} as delivered
    {{ without_superseded('orders', 'delivery_id') }}
    where {{ is_undated }}
),

foreign_orders as (
    select
        order_id,
        exchange_rate
    from {{ ref('int_foreign_orders') }}
),

-- Where a line's number is that of an order, it is a refund of it, and waits with it.
returned_lines as (
    select
        orders.order_id,
        lines.product_id,
        lines.customer_id,
        lines.line_at,
        lines.invoice_date,
        lines.quantity,
        lines.price,
        lines.tax,
        lines.reason,
        lines.order_id || '-' || cast(lines.invoice_date as string) || '-' || lines.line_number as refund_id,
        coalesce(orders.is_tax_inside, lines.tax_inside, client.is_tax_inside) as is_tax_inside
    from lines
    cross join client
    left join orders on lines.order_id = orders.order_id
    left join undated_orders on lines.order_id = undated_orders.order_id
    left join foreign_orders on lines.order_id = foreign_orders.order_id
    where
        undated_orders.order_id is null
        and (
            foreign_orders.order_id is null
            or foreign_orders.exchange_rate is not null
        )
),

payments as (
    select
        payment_id,
        order_id,
        amount,
        paid_at
    from {{ ref('stg_payments') }}
    where
        payment_kind = 'refund'
        and payment_status = 'succeeded'
),

-- What goes back is a refund of its own where nobody delivers refunds; without a moment it has that of its order.
refund_payments as (
    select
        payments.payment_id,
        payments.order_id,
        payments.amount,
        coalesce(payments.paid_at, orders.counted_at) as refunded_at,
        client.time_zone
    from payments
    inner join orders on payments.order_id = orders.order_id
    inner join client on not client.has_refunds
),

-- A cancelled order that counts is taken back on the day of its cancellation; that moves no money.
cancellations as (
    select
        orders.order_id,
        orders.cancelled_at,
        orders.cancelled_date
    from orders
    inner join client on client.reverses_cancelled
    where orders.cancelled_date is not null
),

given_refunds as (
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
        goods_amount,
        tax_amount,
        shipping_amount,
        other_amount,
        refund_amount,
        reason
    from delivered_refunds
    union all
    select
        return_id as refund_id,
        order_id,
        line_number,
        product_id,
        customer_id,
        returned_at as refunded_at,
        returned_date as refunded_date,
        quantity,
        units_restocked,
        goods_amount,
        tax_amount,
        shipping_amount,
        other_amount,
        refund_amount,
        reason
    from delivered_returns
    union all
    select
        refund_id,
        order_id,
        null as line_number,
        product_id,
        customer_id,
        line_at as refunded_at,
        invoice_date as refunded_date,
        -quantity as quantity,
        null as units_restocked,
        case when is_tax_inside then price - tax else price end as goods_amount,
        tax as tax_amount,
        null as shipping_amount,
        null as other_amount,
        case when is_tax_inside then price else price + coalesce(tax, 0) end as refund_amount,
        reason
    from returned_lines
),

-- At the rate of its order; one of an order that waits, for a rate or for the date that it counts on, waits with it.
refunds as (
    select
        given_refunds.refund_id,
        given_refunds.order_id,
        given_refunds.line_number,
        given_refunds.product_id,
        {{ customer_pseudonym('given_refunds.customer_id') }} as customer_id,
        given_refunds.refunded_at,
        given_refunds.refunded_date,
        given_refunds.quantity,
        given_refunds.units_restocked,
        {%- for part in ['goods', 'tax', 'shipping', 'other'] %}
            cast(given_refunds.{{ part }}_amount * {{ rate }} as decimal(18, 2)) as {{ part }}_amount,
        {%- endfor %}
        cast(
            coalesce(
                given_refunds.refund_amount,
                coalesce(given_refunds.goods_amount, 0)
                + coalesce(given_refunds.tax_amount, 0)
                + coalesce(given_refunds.shipping_amount, 0)
                + coalesce(given_refunds.other_amount, 0)
            ) * {{ rate }} as decimal(18, 2)
        ) as refund_amount,
        given_refunds.reason,
        false as is_cancellation
    from given_refunds
    cross join client
    left join foreign_orders on given_refunds.order_id = foreign_orders.order_id
    left join undated_orders on given_refunds.order_id = undated_orders.order_id
    where
        (
            foreign_orders.order_id is null
            or foreign_orders.exchange_rate is not null
        )
        and undated_orders.order_id is null
    union all
    select
        payment_id as refund_id,
        order_id,
        null as line_number,
        null as product_id,
        null as customer_id,
        refunded_at,
        {{ local_day('refunded_at', 'time_zone') }} as refunded_date,
        null as quantity,
        null as units_restocked,
        null as goods_amount,
        null as tax_amount,
        null as shipping_amount,
        null as other_amount,
        amount as refund_amount,
        null as reason,
        false as is_cancellation
    from refund_payments
    union all
    select
        order_id || '-cancelled' as refund_id,
        order_id,
        null as line_number,
        null as product_id,
        null as customer_id,
        cancelled_at as refunded_at,
        cancelled_date as refunded_date,
        null as quantity,
        null as units_restocked,
        null as goods_amount,
        null as tax_amount,
        null as shipping_amount,
        null as other_amount,
        0 as refund_amount,
        'cancelled' as reason,
        true as is_cancellation
    from cancellations
)

select
    cast(refund_id as string) as refund_id,
    cast(order_id as string) as order_id,
    cast(line_number as bigint) as line_number,
    cast(nullif(product_id, '') as string) as product_id,
    cast(nullif(customer_id, '') as string) as customer_id,
    cast(refunded_at as timestamp) as refunded_at,
    cast(refunded_date as date) as refunded_date,
    cast(quantity as decimal(18, 3)) as quantity,
    cast(units_restocked as decimal(18, 3)) as units_restocked,
    cast(goods_amount as decimal(18, 2)) as goods,
    cast(tax_amount as decimal(18, 2)) as tax,
    cast(shipping_amount as decimal(18, 2)) as shipping,
    cast(other_amount as decimal(18, 2)) as other,
    cast(refund_amount as decimal(18, 2)) as paid_back,
    cast(lower({{ clean_text('reason') }}) as string) as reason,
    cast(is_cancellation as boolean) as is_cancellation
from refunds
where {{ is_counted_yet('refunded_date') }}
