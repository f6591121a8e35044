{#- Whether a day is one that the warehouse was run for: what is of a later one is loaded, and waits until it is whole. -#}
{% macro is_counted_yet(day) -%}
    {%- if execute and load_relation(source('raw', 'client')) -%}
        {%- set found = run_query('select business_date from ' ~ source('raw', 'client')) -%}
        {%- if found.rows | length and found.columns[0].values()[0] -%}
            {{ return(day ~ " <= cast('" ~ found.columns[0].values()[0] ~ "' as date)") }}
        {%- endif -%}
    {%- endif -%}
    {{ return('true') }}
{%- endmacro %}
