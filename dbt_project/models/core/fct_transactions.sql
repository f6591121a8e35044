{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

{%- set dates = affected_dates('orders', 'order_date') %}

with affected_days as ( -- noqa: ST03, only an increment uses it
    {{ affected_days('orders', 'order_date') }}
),

transactions as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        variant_id,
        sku,
        quantity,
        unit_price,
        unit_cost,
        gross,
        line_discount
    from {{ ref('stg_transactions') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
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
        change_number
    from {{ ref('fct_orders') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

-- By itself, as a relation that is read twice is kept with all of its columns.
buyers as ( -- noqa: ST03, only an increment uses it
    select customer_id
    from {{ ref('fct_orders') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

customer_spans as (
    select
        customer_id,
        segment,
        country,
        valid_from,
        valid_to
    from {{ ref('int_customer_spans') }}
    where {{ in_increment('customer_id', 'buyers') }}
),

product_spans as (
    select
        product_id,
        category,
        is_product,
        unit_cost,
        valid_from,
        valid_to
    from {{ ref('int_product_spans') }}
),

adjusted_lines as (
    select
        order_id,
        line_number,
        gross,
        discount
    from {{ ref('int_adjusted_lines') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

transaction_amounts as (
    select
        transactions.order_id,
        transactions.line_number,
        transactions.order_date,
        transactions.product_id,
        transactions.quantity,
        transactions.variant_id,
        transactions.sku,
        transactions.unit_price,
        transactions.unit_cost,
        coalesce(adjusted_lines.gross, transactions.gross) as gross,
        coalesce(adjusted_lines.discount, transactions.line_discount) as discount
    from transactions
    left join adjusted_lines
        on
            transactions.order_id = adjusted_lines.order_id
            and transactions.line_number = adjusted_lines.line_number
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
        transaction_amounts.variant_id,
        transaction_amounts.sku,
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
        coalesce(transaction_amounts.unit_cost, product_spans.unit_cost) as unit_cost,
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
),

-- A cost that nobody delivers is estimated on the list price: a discount takes from the profit in full. Where no margin
-- is said either, it is unknown.
costed_transactions as (
    select
        order_id,
        line_number,
        order_date,
        order_at,
        customer_id,
        product_id,
        variant_id,
        sku,
        order_status,
        is_sale,
        channel,
        country,
        customer_segment,
        customer_country,
        category,
        is_product,
        quantity,
        unit_price,
        gross,
        discount,
        net,
        change_number,
        unit_cost is null and {{ margin_rate('category') }} is not null as is_cost_estimated,
        case
            when unit_cost is null then {{ rounded_product('gross', 2, '(1 - ' ~ margin_rate('category') ~ ')', 4) }}
            else {{ rounded_product('quantity', 3, 'unit_cost', 4) }}
        end as cost_amount
    from transactions_in_context
)

select
    cast(order_id as string) as order_id,
    cast(line_number as bigint) as line_number,
    cast(order_date as date) as order_date,
    cast(order_at as timestamp) as order_at,
    cast(extract(year from order_date) as integer) as order_year,
    cast(extract(quarter from order_date) as integer) as order_quarter,
    cast(extract(month from order_date) as integer) as order_month,
    cast({{ iso_day_of_week('order_date') }} as integer) as order_day_of_week,
    cast(customer_id as string) as customer_id,
    cast(product_id as string) as product_id,
    cast(variant_id as string) as variant_id,
    cast(sku as string) as sku,
    cast(customer_segment as string) as customer_segment,
    cast(customer_country as string) as customer_country,
    cast(category as string) as category,
    cast(is_product as boolean) as is_product,
    cast(order_status as string) as order_status,
    cast(is_sale as boolean) as is_sale,
    cast(channel as string) as channel,
    cast(country as string) as country,
    cast(quantity as decimal(18, 3)) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast(cost_amount as decimal(18, 2)) as cost_amount,
    cast(is_cost_estimated as boolean) as is_cost_estimated,
    cast(net - cost_amount as decimal(18, 2)) as estimated_profit,
    cast({{ divide_amount('net', 'quantity', 4) }} as decimal(18, 4)) as revenue_per_unit,
    cast(change_number as bigint) as change_number
from costed_transactions
