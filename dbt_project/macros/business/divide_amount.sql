{#-
An amount per something, rounded half up to `scale` places; null when the denominator is 0 or null. Scaled to whole
units before dividing, so that a half is exactly representable and rounds the same on every engine.
-#}
{% macro divide_amount(amount, denominator, scale=2) -%}
    cast(
        round(cast({{ amount }} * {{ 10 ** scale }} as double) / nullif(cast({{ denominator }} as double), 0))
        / {{ 10 ** scale }} as decimal(18, {{ scale }})
    )
{%- endmacro %}
