{#- dividend / divisor of whole numbers without the fraction, null by zero; the dividend may be a decimal(38, 0). -#}
{% macro whole_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%}
    cast(cast({{ dividend }} as hugeint) // nullif(cast({{ divisor }} as hugeint), 0) as bigint)
{%- endmacro %}

{% macro spark__whole_quotient(dividend, divisor) -%}
    cast(cast({{ dividend }} as decimal(38, 0)) div nullif(cast({{ divisor }} as decimal(38, 0)), 0) as bigint)
{%- endmacro %}
