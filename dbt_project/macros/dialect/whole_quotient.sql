{#- dividend / divisor without the fraction, exact beyond 64 bits: cents times cents overflow a bigint. -#}
{% macro whole_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient')(dividend, divisor)) }}
{%- endmacro %}

{#- On decimals DuckDB's // gives a double with the fraction (1.5.5), so both sides become integers first. -#}
{% macro default__whole_quotient(dividend, divisor) -%}
    cast(cast({{ dividend }} as hugeint) // cast({{ divisor }} as hugeint) as decimal(38, 0))
{%- endmacro %}
