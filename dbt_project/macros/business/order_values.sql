{#- What an order has once and the lines of a flat file may say, with the types. -#}
{% macro order_values() -%}
    {{ return({
        'currency': 'string', 'tax_inside': 'boolean', 'is_test': 'boolean', 'cancelled_at': 'timestamp',
        'processed_at': 'timestamp', 'paid_at': 'timestamp', 'completed_at': 'timestamp',
        'order_discount_amount': 'decimal(18, 2)', 'tax_amount': 'decimal(18, 2)', 'shipping_amount': 'decimal(18, 2)',
        'fee_amount': 'decimal(18, 2)', 'tip_amount': 'decimal(18, 2)', 'duty_amount': 'decimal(18, 2)',
        'rounding_amount': 'decimal(18, 2)', 'credit_amount': 'decimal(18, 2)', 'total_amount': 'decimal(18, 2)'
    }) }}
{%- endmacro %}
