{#- A delivered amount of an order in the client's currency, 0 where none is given. -#}
{% macro converted(amount) -%}
    cast(coalesce({{ amount }}, 0) * exchange_rate as decimal(18, 2))
{%- endmacro %}
