{#- What a fact is computed from beside rows of staging: when it changes, all days do. -#}
{%- set settings = escaped_literal(tojson([setting('margin_rates'), setting('default_margin_rate')])) -%}
{%- set attributes = [] -%}
{%- for name in order_attributes() -%}
    {%- do attributes.append('orders.' ~ name) -%}
{%- endfor -%}

with client as (
    select
        has_payments,
        counts_unpaid,
        reverses_cancelled
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
        unit_cost,
        valid_from,
        valid_to
    from {{ ref('int_product_spans') }}
),

orders as (
    select
        order_id,
        customer_id,
        order_at,
        processed_at,
        paid_at,
        completed_at,
        cancelled_at,
        order_date,
        order_status,
        channel,
        country,
        {%- for name in order_attributes() %}
            {{ name }},
        {%- endfor %}
        currency,
        exchange_rate,
        is_tax_inside,
        is_test,
        order_discount,
        tax,
        shipping,
        fees,
        tips,
        duties,
        rounding,
        credit,
        source_total
    from {{ ref('stg_orders') }}
),

-- Few columns: what is read several times is kept.
order_days as (
    select
        order_id,
        customer_id,
        order_date
    from {{ ref('stg_orders') }}
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
        price,
        discount,
        line_tax,
        unit_cost
    from {{ ref('stg_order_lines') }}
),

charge_products as (
    select
        product_id,
        charge_type
    from {{ ref('int_charge_products') }}
),

payments as (
    select
        payment_id,
        order_id,
        attempt_number,
        payment_method,
        payment_status,
        payment_kind,
        amount,
        fee,
        paid_at
    from {{ ref('stg_payments') }}
),

discounts as (
    select
        order_id,
        discount_number,
        discount_code,
        discount_kind,
        amount
    from {{ ref('stg_order_discounts') }}
),

taxes as (
    select
        order_id,
        tax_number,
        line_number,
        tax_title,
        jurisdiction,
        tax_rate,
        taxable_amount,
        amount,
        collected_by
    from {{ ref('stg_order_taxes') }}
),

shipping_costs as (
    select
        shipment_id,
        order_id,
        shipping_cost
    from {{ ref('stg_shipping_costs') }}
),

balance_transactions as (
    select
        balance_transaction_id,
        occurred_date,
        occurred_at,
        transaction_kind,
        amount,
        fee,
        net,
        payout_id,
        available_date,
        order_id,
        payment_id
    from {{ ref('stg_balance_transactions') }}
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
                settings, 'client.has_payments', 'client.counts_unpaid', 'client.reverses_cancelled', 'orders.order_id', 'orders.customer_id', 'orders.order_at',
                'orders.processed_at', 'orders.paid_at', 'orders.completed_at', 'orders.cancelled_at',
                'orders.order_status', 'orders.channel', 'orders.country', 'orders.currency', 'orders.exchange_rate',
                'orders.is_tax_inside', 'orders.is_test', 'orders.order_discount', 'orders.tax', 'orders.shipping',
                'orders.fees', 'orders.tips', 'orders.duties', 'orders.rounding', 'orders.credit',
                'orders.source_total'
            ] + attributes)
        }}) as hash_sum
    from orders
    cross join client
    group by orders.order_date
    union all
    select
        'orders' as dataset,
        order_days.order_date as data_date,
        sum({{ row_hash(['order_days.order_id', 'customer_spans.segment', 'customer_spans.country']) }}) as hash_sum
    from order_days
    inner join customer_spans
        on
            order_days.customer_id = customer_spans.customer_id
            and order_days.order_date >= customer_spans.valid_from
            and order_days.order_date < customer_spans.valid_to
    group by order_days.order_date
    union all
    select
        'orders' as dataset,
        transactions.order_date as data_date,
        sum({{
            row_hash([
                'transactions.order_id', 'transactions.line_number', 'transactions.product_id',
                'transactions.variant_id', 'transactions.sku', 'transactions.quantity', 'transactions.unit_price',
                'transactions.price', 'transactions.discount', 'transactions.line_tax', 'transactions.unit_cost',
                'charge_products.charge_type', 'product_spans.category', 'product_spans.is_product',
                'product_spans.unit_cost'
            ])
        }}) as hash_sum
    from transactions
    left join charge_products on transactions.product_id = charge_products.product_id
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
        order_days.order_date as data_date,
        sum({{
            row_hash([
                'payments.payment_id', 'payments.order_id', 'payments.attempt_number', 'payments.payment_method',
                'payments.payment_status', 'payments.payment_kind', 'payments.amount', 'payments.fee', 'payments.paid_at'
            ])
        }}) as hash_sum
    from payments
    inner join order_days on payments.order_id = order_days.order_id
    group by order_days.order_date
    union all
    select
        'orders' as dataset,
        order_days.order_date as data_date,
        sum({{
            row_hash([
                'discounts.order_id', 'discounts.discount_number', 'discounts.discount_code', 'discounts.discount_kind',
                'discounts.amount'
            ])
        }}) as hash_sum
    from discounts
    inner join order_days on discounts.order_id = order_days.order_id
    group by order_days.order_date
    union all
    select
        'orders' as dataset,
        order_days.order_date as data_date,
        sum({{
            row_hash([
                'taxes.order_id', 'taxes.tax_number', 'taxes.line_number', 'taxes.tax_title', 'taxes.jurisdiction',
                'taxes.tax_rate', 'taxes.taxable_amount', 'taxes.amount', 'taxes.collected_by'
            ])
        }}) as hash_sum
    from taxes
    inner join order_days on taxes.order_id = order_days.order_id
    group by order_days.order_date
    union all
    select
        'orders' as dataset,
        order_days.order_date as data_date,
        sum({{ row_hash(['shipping_costs.shipment_id', 'shipping_costs.order_id', 'shipping_costs.shipping_cost']) }})
            as hash_sum
    from shipping_costs
    inner join order_days on shipping_costs.order_id = order_days.order_id
    group by order_days.order_date
    union all
    select
        'balance_transactions' as dataset,
        occurred_date as data_date,
        sum({{
            row_hash([
                'balance_transaction_id', 'occurred_at', 'transaction_kind', 'amount', 'fee', 'net', 'payout_id',
                'available_date', 'order_id', 'payment_id'
            ])
        }}) as hash_sum
    from balance_transactions
    group by occurred_date
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
