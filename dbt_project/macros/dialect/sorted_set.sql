{#- Aggregate: the different values of a group as one text, in order and kept apart by ` + `. -#}
{% macro sorted_set(value) -%}
    {{ return(adapter.dispatch('sorted_set')(value)) }}
{%- endmacro %}

{% macro default__sorted_set(value) -%}
    string_agg(distinct {{ value }}, ' + ' order by {{ value }} asc nulls last)
{%- endmacro %}
