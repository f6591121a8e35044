{#-
What the versions of a record have in common and no other record has: a kind, and a key as one text. What came in an order is a
part of it, so a newer version of the order takes the place of all of it. By table, [dataset of the delivery, kind, key];
the dataset `none` is every one that is not named before it.
-#}
{% macro record_kinds() -%}
    {{ return({
        'customers': [[none, 'customers', 'customer_id']],
        'products': [[none, 'products', 'product_id']],
        'orders': [[none, 'orders', 'order_id']],
        'order_lines': [[none, line_kind(), line_key()]],
        'order_items': [['orders', 'orders', 'order_id'], [none, 'order_items', 'order_id']],
        'payments': [['orders', 'orders', 'order_id'], [none, 'payments', 'payment_id']],
        'discount_codes': [[none, 'discount_codes', 'order_id']],
        'tax_lines': [[none, 'tax_lines', 'order_id']],
        'balance_transactions': [[none, 'balance_transactions', 'balance_transaction_id']],
        'shipping_costs': [[none, 'shipping_costs', 'shipment_id']],
        'refunds': [[none, 'refunds', 'refund_id']],
        'returns': [[none, 'returns', 'return_id']],
        'ad_spend': [[none, 'ad_spend', text_key(['spend_date', 'channel', 'campaign'])]],
        'inventory': [[none, 'inventory', text_key(['stock_date', 'product_id'])]],
        'events': [[none, 'events', 'event_id']],
        'subscriptions': [[none, 'subscriptions', text_key(['subscription_id', 'started_date'])]],
        'weather': [[none, 'weather', text_key(['weather_date', 'country'])]],
        'exchange_rates': [[none, 'exchange_rates', text_key(['rate_date', 'currency'])]],
        'targets': [[none, 'targets', text_key(['target_month', 'metric'])]],
        'annotations': [[none, 'annotations', text_key(['annotated_date', 'text'])]]
    }) }}
{%- endmacro %}

{#-
A line that is returned is no part of the version of the order whose number it has: of the lines that are returned of an
order on one day a newer delivery's take the place. All others are the order.
-#}
{% macro line_kind() -%}
    case when line_type = 'return' then 'order_lines' else 'orders' end
{%- endmacro %}

{% macro line_key() -%}
    case when line_type = 'return' then {{ text_key(['order_id', 'invoice_date']) }} else order_id end
{%- endmacro %}

{#- The columns of a key as one text, apart by a sign that no text of a shop has: a channel may have a slash. -#}
{% macro text_key(columns) -%}
    {%- for column in columns -%}
        cast({{ column }} as string){{ " || chr(31) || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Whether a row came in a delivery of a dataset; as a range, for which an engine leaves other files unread. -#}
{% macro of_dataset(dataset) -%}
    _delivery_id >= '{{ dataset }}/' and _delivery_id < '{{ dataset }}0'
{%- endmacro %}

{#- One row per delivered version of each record: all that may take another's place, and what sales mention. -#}
{% macro delivered_versions(deliveries=none) -%}
    {%- for table, kinds in record_kinds().items() %}
    {%- set _, kind, key = kinds[-1] %}
    {{ "union all" if not loop.first }}
    {%- if table == 'order_lines' %}
    select distinct
        {{ kind }} as record_kind,
        {{ key }} as record_key,
        delivery_id
    from {{ ref('int_order_lines') }}
    {%- if deliveries %}
    where delivery_id in (select delivery_id from {{ deliveries }})
    {%- endif %}
    {%- else %}
    select {{ "distinct" if table in ('order_items', 'discount_codes', 'tax_lines') }}
        '{{ kind }}' as record_kind,
        {{ key }} as record_key,
        _delivery_id as delivery_id
    from {{ source('delivered', table) }}
    where
        {{ of_dataset(table) }}
        {%- if deliveries %}
        and _delivery_id in (select delivery_id from {{ deliveries }})
        {%- endif %}
    {%- endif %}
    {%- endfor %}
    {%- for kind, key in [('customers', 'customer_id'), ('products', 'product_id')] %}
    union all
    select
        '{{ kind }}' as record_kind,
        {{ key }} as record_key,
        delivery_id
    from {{ ref('int_mentioned_' ~ kind) }}
    {%- if deliveries %}
    where delivery_id in (select delivery_id from {{ deliveries }})
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#-
The join that leaves out the versions of a table's rows, called `delivered`, that a newer one replaces. What the key is
of a row the delivery decides, and a delivery's parts of orders have no key of their own.
-#}
{% macro without_superseded(table, delivery_id='_delivery_id') -%}
    {%- set kinds = record_kinds()[table] -%}
    {%- set key -%}
        {%- if kinds | length == 1 -%} {{ kinds[0][2] }}
        {%- else -%}
        case {% for dataset, _, key in kinds if dataset %}when {{ of_dataset(dataset) }} then {{ key }} {% endfor %}else {{ kinds[-1][2] }} end
        {%- endif -%}
    {%- endset -%}
    {%- set kind_is -%}
        {%- if table == 'order_lines' -%} = {{ line_kind() }}
        {%- else -%} in ('{{ kinds | map(attribute=1) | unique | join("', '") }}')
        {%- endif -%}
    {%- endset -%}
    {{ anti_join() }} {{ ref('int_superseded') }} as superseded on delivered.{{ delivery_id }} = superseded.delivery_id and superseded.record_key = {{ key }} and superseded.record_kind {{ kind_is }}
{%- endmacro %}
