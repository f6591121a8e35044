{#- The sum of a column; null, which is unknown, where a row has none. -#}
{% macro sum_if_known(column) -%}
    case when count(*) = count({{ column }}) then sum({{ column }}) end
{%- endmacro %}
