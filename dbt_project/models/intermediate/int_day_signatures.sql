{#- What a fact is computed from beside rows of staging: when it changes, all days do. -#}
{%- set settings = escaped_literal(tojson([var('margin_rates'), var('default_margin_rate')])) -%}

with client as (
    select has_payments
    from {{ ref('stg_client') }}
),

customer_spans as (
    select
        customer_id,
        segment,
        country,
        valid_from,
        valid_to
    from {{ ref('int_customer_spans') }}
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

orders as (
    select
        order_id,
        customer_id,
        order_at,
        order_date,
        order_status,
        channel,
        country,
        order_discount,
        tax,
        shipping
    from {{ ref('stg_orders') }}
),

transactions as (
    select
        order_id,
        line_number,
        order_date,
        product_id,
        quantity,
        unit_price,
        line_discount,
        excess_discount
    from {{ ref('stg_transactions') }}
),

payments as (
    select
        payment_id,
        order_id,
        attempt_number,
        payment_method,
        payment_status,
        amount,
        paid_at
    from {{ ref('stg_payments') }}
),

returns as (
    select
        return_id,
        order_id,
        line_number,
        product_id,
        customer_id,
        returned_at,
        returned_date,
        quantity,
        refund,
        reason
    from {{ ref('stg_returns') }}
),

ad_spend as (
    select
        spend_date,
        channel,
        campaign,
        spend,
        impressions,
        clicks
    from {{ ref('stg_ad_spend') }}
),

inventory as (
    select
        stock_date,
        product_id,
        stock_on_hand,
        received_units
    from {{ ref('stg_inventory') }}
),

events as (
    select
        event_id,
        event_date,
        channel,
        product_id,
        event_type,
        event_count
    from {{ ref('stg_events') }}
),

subscriptions as (
    select
        subscription_id,
        started_date,
        ended_date,
        customer_id,
        plan_name,
        monthly_amount
    from {{ ref('stg_subscriptions') }}
),

weather as (
    select
        weather_date,
        country,
        temperature,
        precipitation
    from {{ ref('stg_weather') }}
),

-- A day has one line for each kind of row that its facts are made from.
sums as (
    select
        'orders' as dataset,
        orders.order_date as data_date,
        sum({{
            row_hash([
                settings, 'client.has_payments', 'orders.order_id', 'orders.customer_id', 'orders.order_at',
                'orders.order_status', 'orders.channel', 'orders.country', 'orders.order_discount', 'orders.tax',
                'orders.shipping', 'customer_spans.segment', 'customer_spans.country'
            ])
        }}) as hash_sum
    from orders
    cross join client
    left join customer_spans
        on
            orders.customer_id = customer_spans.customer_id
            and orders.order_date >= customer_spans.valid_from
            and orders.order_date < customer_spans.valid_to
    group by orders.order_date
    union all
    select
        'orders' as dataset,
        transactions.order_date as data_date,
        sum({{
            row_hash([
                'transactions.order_id', 'transactions.line_number', 'transactions.product_id', 'transactions.quantity',
                'transactions.unit_price', 'transactions.line_discount', 'transactions.excess_discount',
                'product_spans.category', 'product_spans.is_product'
            ])
        }}) as hash_sum
    from transactions
    left join product_spans
        on
            transactions.product_id = product_spans.product_id
            and transactions.order_date >= product_spans.valid_from
            and transactions.order_date < product_spans.valid_to
    where transactions.order_date is not null
    group by transactions.order_date
    union all
    select
        'orders' as dataset,
        orders.order_date as data_date,
        sum({{
            row_hash([
                'payments.payment_id', 'payments.order_id', 'payments.attempt_number', 'payments.payment_method',
                'payments.payment_status', 'payments.amount', 'payments.paid_at'
            ])
        }}) as hash_sum
    from payments
    inner join orders on payments.order_id = orders.order_id
    group by orders.order_date
    union all
    select
        'returns' as dataset,
        returns.returned_date as data_date,
        sum({{
            row_hash([
                'returns.return_id', 'returns.order_id', 'returns.line_number', 'returns.product_id',
                'returns.customer_id', 'returns.returned_at', 'returns.quantity', 'returns.refund', 'returns.reason',
                'product_spans.is_product'
            ])
        }}) as hash_sum
    from returns
    left join product_spans
        on
            returns.product_id = product_spans.product_id
            and returns.returned_date >= product_spans.valid_from
            and returns.returned_date < product_spans.valid_to
    group by returns.returned_date
    union all
    select
        'ad_spend' as dataset,
        spend_date as data_date,
        sum({{ row_hash(['channel', 'campaign', 'spend', 'impressions', 'clicks']) }}) as hash_sum
    from ad_spend
    group by spend_date
    union all
    select
        'inventory' as dataset,
        stock_date as data_date,
        sum({{ row_hash(['product_id', 'stock_on_hand', 'received_units']) }}) as hash_sum
    from inventory
    group by stock_date
    union all
    select
        'events' as dataset,
        event_date as data_date,
        sum({{ row_hash(['event_id', 'channel', 'product_id', 'event_type', 'event_count']) }}) as hash_sum
    from events
    group by event_date
    union all
    select
        'subscriptions' as dataset,
        started_date as data_date,
        sum({{ row_hash(['subscription_id', 'ended_date', 'customer_id', 'plan_name', 'monthly_amount']) }}) as hash_sum
    from subscriptions
    group by started_date
    union all
    select
        'weather' as dataset,
        weather_date as data_date,
        sum({{ row_hash(['country', 'temperature', 'precipitation']) }}) as hash_sum
    from weather
    group by weather_date
)

select
    cast(dataset as string) as dataset,
    cast(data_date as date) as data_date,
    {{ as_signature("sum(hash_sum)") }} as signature
from sums
group by dataset, data_date
