{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

with affected_days as ( -- noqa: ST03, only an increment uses it
    {{ affected_days('orders', 'order_date') }}
),

transactions as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        quantity,
        unit_price,
        gross,
        line_discount
    from {{ ref('stg_transactions') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

orders as (
    select
        order_id,
        order_at,
        customer_id,
        order_status,
        is_sale,
        channel,
        country,
        gross,
        order_discount,
        change_number
    from {{ ref('fct_orders') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

customer_spans as (
    select
        customer_id,
        segment,
        country,
        valid_from,
        valid_to
    from {{ ref('int_customer_spans') }}
    where {{ in_increment('customer_id', 'orders') }}
),

product_spans as (
    select
        product_id,
        category,
        is_product,
        valid_from,
        valid_to
    from {{ ref('int_product_spans') }}
),

discounted_orders as (
    select
        order_id,
        cast(order_discount * 100 as bigint) as order_cents,
        cast((gross - discount + order_discount) * 100 as bigint) as order_weight
    from {{ ref('fct_orders') }}
    where
        order_discount <> 0
        and {{ in_increment('order_date', 'affected_days') }}
),

discounted_transactions as (
    select
        order_id,
        line_number,
        cast((gross - line_discount) * 100 as bigint) as weight
    from {{ ref('stg_transactions') }}
    where {{ in_increment('order_date', 'affected_days') }}
),

-- Each line's part of the order discount in whole cents, by what its own discount leaves of it: so never beyond that.
discount_weights as (
    select
        discounted_transactions.order_id,
        discounted_transactions.line_number,
        discounted_orders.order_cents,
        discounted_orders.order_weight,
        discounted_transactions.weight
    from discounted_transactions
    inner join discounted_orders on discounted_transactions.order_id = discounted_orders.order_id
),

discount_floors as (
    select
        order_id,
        line_number,
        weight,
        order_weight,
        order_cents,
        -- 10 million off 100 million, in rupiah an ordinary order, multiply to 10^19 cents: beyond a bigint.
        {{ whole_quotient('cast(order_cents as decimal(38, 0)) * weight', 'order_weight') }} as floor_cents
    from discount_weights
),

-- The cents lost by rounding down go to the lines that lost most; the line number decides between equals.
discount_remainders as (
    select
        order_id,
        line_number,
        floor_cents,
        order_cents - sum(floor_cents) over (partition by order_id) as missing_cents,
        row_number() over (
            partition by order_id
            order by
                cast(order_cents as decimal(38, 0)) * weight
                - cast(floor_cents as decimal(38, 0)) * order_weight desc nulls last,
                line_number asc nulls last
        ) as remainder_rank
    from discount_floors
),

allocated_discounts as (
    select
        order_id,
        line_number,
        floor_cents + case when remainder_rank <= missing_cents then 1 else 0 end as cents
    from discount_remainders
),

transaction_amounts as (
    select
        transactions.order_id,
        transactions.line_number,
        transactions.order_date,
        transactions.product_id,
        transactions.quantity,
        transactions.unit_price,
        transactions.gross,
        transactions.line_discount + coalesce(cast(allocated_discounts.cents as decimal(18, 0)) * 0.01, 0) as discount
    from transactions
    left join allocated_discounts
        on
            transactions.order_id = allocated_discounts.order_id
            and transactions.line_number = allocated_discounts.line_number
),

-- An item whose order has not arrived has no day and waits in raw.
transactions_in_context as (
    select
        transaction_amounts.order_id,
        transaction_amounts.line_number,
        transaction_amounts.order_date,
        orders.order_at,
        orders.customer_id,
        transaction_amounts.product_id,
        orders.order_status,
        orders.is_sale,
        orders.channel,
        orders.country,
        coalesce(customer_spans.segment, 'unknown') as customer_segment,
        coalesce(customer_spans.country, 'unknown') as customer_country,
        coalesce(product_spans.category, 'unknown') as category,
        coalesce(product_spans.is_product, true) as is_product,
        transaction_amounts.quantity,
        transaction_amounts.unit_price,
        transaction_amounts.gross,
        transaction_amounts.discount,
        transaction_amounts.gross - transaction_amounts.discount as net,
        orders.change_number
    from transaction_amounts
    inner join orders on transaction_amounts.order_id = orders.order_id
    left join customer_spans
        on
            orders.customer_id = customer_spans.customer_id
            and transaction_amounts.order_date >= customer_spans.valid_from
            and transaction_amounts.order_date < customer_spans.valid_to
    left join product_spans
        on
            transaction_amounts.product_id = product_spans.product_id
            and transaction_amounts.order_date >= product_spans.valid_from
            and transaction_amounts.order_date < product_spans.valid_to
)

-- The cost is that of the list price: a discount takes from the profit in full.
select
    cast(order_id as string) as order_id,
    cast(line_number as integer) as line_number,
    cast(order_date as date) as order_date,
    cast(order_at as timestamp) as order_at,
    cast(extract(year from order_date) as integer) as order_year,
    cast(extract(quarter from order_date) as integer) as order_quarter,
    cast(extract(month from order_date) as integer) as order_month,
    cast({{ iso_day_of_week('order_date') }} as integer) as order_day_of_week,
    cast(customer_id as string) as customer_id,
    cast(product_id as string) as product_id,
    cast(customer_segment as string) as customer_segment,
    cast(customer_country as string) as customer_country,
    cast(category as string) as category,
    cast(is_product as boolean) as is_product,
    cast(order_status as string) as order_status,
    cast(is_sale as boolean) as is_sale,
    cast(channel as string) as channel,
    cast(country as string) as country,
    cast(quantity as integer) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast(net - cast(gross * (1 - {{ margin_rate('category') }}) as decimal(18, 2)) as decimal(18, 2))
        as estimated_profit,
    cast({{ divide_amount('net', 'quantity', 4) }} as decimal(18, 4)) as revenue_per_unit,
    cast(change_number as bigint) as change_number
from transactions_in_context
