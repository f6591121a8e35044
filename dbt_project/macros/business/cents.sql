{#- An amount in whole cents. -#}
{% macro cents(amount) -%}
    cast(({{ amount }}) * 100 as bigint)
{%- endmacro %}

{#- Whole cents as an amount. -#}
{% macro from_cents(whole_cents) -%}
    cast(({{ whole_cents }}) * 0.01 as decimal(18, 2))
{%- endmacro %}
