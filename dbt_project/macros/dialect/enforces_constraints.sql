{#- Whether a table refuses a null where its contract says not_null. -#}
{% macro enforces_constraints() -%}
    {{ return(adapter.dispatch('enforces_constraints')()) }}
{%- endmacro %}

{% macro default__enforces_constraints() -%}
    {{ return(true) }}
{%- endmacro %}

{% macro spark__enforces_constraints() -%}
    {{ return(false) }}
{%- endmacro %}
