{#- Aggregate: as many of the smallest values of a column as the number says, in order; a list. -#}
{% macro smallest(column, number) -%}
    {{ return(adapter.dispatch('smallest')(column, number)) }}
{%- endmacro %}

{% macro default__smallest(column, number) -%}
    min({{ column }}, {{ number }})
{%- endmacro %}
