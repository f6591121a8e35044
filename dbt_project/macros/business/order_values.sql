{#- What describes an order beside its amounts and dates, with the types. -#}
{% macro order_attributes() -%}
    {{ return({
        'region': 'string', 'city': 'string', 'postal_code': 'string', 'source': 'string', 'medium': 'string',
        'campaign': 'string', 'landing_page': 'string', 'device': 'string', 'edited_at': 'timestamp',
        'source_status': 'string', 'payment_status': 'string', 'fulfilment_status': 'string'
    }) }}
{%- endmacro %}

{#- What an order has once and the lines of a flat file may say, with the types. -#}
{% macro order_values() -%}
    {%- set values = {
        'currency': 'string', 'tax_inside': 'boolean', 'is_test': 'boolean', 'cancelled_at': 'timestamp',
        'processed_at': 'timestamp', 'paid_at': 'timestamp', 'completed_at': 'timestamp',
        'order_discount_amount': 'decimal(18, 2)', 'tax_amount': 'decimal(18, 2)', 'shipping_amount': 'decimal(18, 2)',
        'fee_amount': 'decimal(18, 2)', 'tip_amount': 'decimal(18, 2)', 'duty_amount': 'decimal(18, 2)',
        'rounding_amount': 'decimal(18, 2)', 'credit_amount': 'decimal(18, 2)', 'total_amount': 'decimal(18, 2)'
    } -%}
    {%- do values.update(order_attributes()) -%}
    {{ return(values) }}
{%- endmacro %}
