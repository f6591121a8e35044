{#- Aggregate: the value of the row that is the last by the columns, compared one after the other. -#}
{% macro latest(value, columns) -%}
    {{ return(adapter.dispatch('latest')(value, columns)) }}
{%- endmacro %}

{% macro default__latest(value, columns) -%}
    max_by({{ value }}, row({{ columns | join(', ') }}))
{%- endmacro %}

{#- Aggregate: the value of the row that is the first by the columns. -#}
{% macro earliest(value, columns) -%}
    {{ return(adapter.dispatch('earliest')(value, columns)) }}
{%- endmacro %}

{% macro default__earliest(value, columns) -%}
    min_by({{ value }}, row({{ columns | join(', ') }}))
{%- endmacro %}

{% macro spark__latest(value, columns) -%}
    max_by({{ value }}, struct({{ columns | join(', ') }}))
{%- endmacro %}

{% macro spark__earliest(value, columns) -%}
    min_by({{ value }}, struct({{ columns | join(', ') }}))
{%- endmacro %}
