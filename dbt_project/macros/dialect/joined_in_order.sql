{#- Aggregate: the values of a group as one text, in their order and kept apart by ` + `. -#}
{% macro joined_in_order(value) -%}
    {{ return(adapter.dispatch('joined_in_order')(value)) }}
{%- endmacro %}

{% macro default__joined_in_order(value) -%}
    string_agg({{ value }}, ' + ' order by {{ value }} asc nulls last)
{%- endmacro %}

{% macro spark__joined_in_order(value) -%}
    array_join(array_sort(collect_list({{ value }})), ' + ')
{%- endmacro %}
