{#-
What a run of dbt writes down of itself, in the statements of its hooks. On Spark, where nothing but tables of rows is
kept, who starts dbt does it.
-#}
{% macro run_books(statements) -%}
    {{ return(adapter.dispatch('run_books')(statements)) }}
{%- endmacro %}

{% macro default__run_books(statements) -%}
    {{ statements }}
{%- endmacro %}

{% macro spark__run_books(statements) -%}
{%- endmacro %}
