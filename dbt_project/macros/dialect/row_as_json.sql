{#- A whole row of the named relation, as the text of a JSON object. -#}
{% macro row_as_json(relation) -%}
    {{ return(adapter.dispatch('row_as_json')(relation)) }}
{%- endmacro %}

{% macro default__row_as_json(relation) -%}
    cast(to_json({{ relation }}) as varchar)
{%- endmacro %}

{% macro spark__row_as_json(relation) -%}
    to_json(struct({{ relation }}.*))
{%- endmacro %}
