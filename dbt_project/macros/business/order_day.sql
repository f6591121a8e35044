{#- The date that orders count on, as the client file says: created, processed, paid or completed. -#}
{% macro order_day() -%}
    {%- if execute and load_relation(source('raw', 'client')) -%}
        {%- set found = run_query('select order_day from ' ~ source('raw', 'client')) -%}
        {{ return(found.columns[0].values()[0] or 'created') }}
    {%- endif -%}
    {{ return('created') }}
{%- endmacro %}
