{#- A select of one `calendar_date` per day from the first to the last day of a relation, both included. -#}
{% macro date_range(relation, first_column, last_column) -%}
    {{ return(adapter.dispatch('date_range')(relation, first_column, last_column)) }}
{%- endmacro %}

{% macro default__date_range(relation, first_column, last_column) -%}
    select cast(unnest(generate_series({{ first_column }}, {{ last_column }}, interval 1 day)) as date) as calendar_date
    from {{ relation }}
{%- endmacro %}

{% macro spark__date_range(relation, first_column, last_column) -%}
    select explode(sequence({{ first_column }}, {{ last_column }}, interval 1 day)) as calendar_date
    from {{ relation }}
{%- endmacro %}
