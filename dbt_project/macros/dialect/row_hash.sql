{#- A number that is the same for equal values of the columns, nulls too, and hardly ever for others. -#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{#- Spark's function goes on from the columns before a null as if it were not there. As a decimal, hashes can be added up. -#}
{% macro spark__row_hash(columns) -%}
    cast(xxhash64({{ columns | join(', ') }}, {{ columns | join(' is null, ') }} is null) as decimal(20, 0))
{%- endmacro %}
