{#-
The cents of an order's amount that belong to one of its captured payments, in proportion to what each captured: what
belongs to all captures up to and with this one, less what belongs to those before, both rounded to whole cents towards
zero. So the payments' parts add up to the amount, and the items' parts of a payment to the order's part of it. Needs a
capture above 0.
-#}
{% macro captured_part(cents, captured, captured_before, order_captured) -%}
    {{ captured_until(cents, captured ~ ' + ' ~ captured_before, order_captured) }}
    - {{ captured_until(cents, captured_before, order_captured) }}
{%- endmacro %}

{% macro captured_until(cents, captured_amount, order_captured) -%}
    {{
        whole_quotient(
            'cast(' ~ cents ~ ' as decimal(19, 0)) * cast((' ~ captured_amount ~ ') * 100 as decimal(19, 0))',
            order_captured ~ ' * 100'
        )
    }}
{%- endmacro %}
