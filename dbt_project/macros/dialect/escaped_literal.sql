{#- A text as a literal, whatever it has in it. -#}
{% macro escaped_literal(value) -%}
    {{ return(adapter.dispatch('escaped_literal')(value | string)) }}
{%- endmacro %}

{% macro default__escaped_literal(value) -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(value)) }}
{%- endmacro %}

{% macro spark__escaped_literal(value) -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(value | replace('\\', '\\\\'))) }}
{%- endmacro %}
