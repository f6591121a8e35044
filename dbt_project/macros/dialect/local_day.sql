{#- The day of a UTC timestamp in a time zone. -#}
{% macro local_day(moment, time_zone) -%}
    {{ return(adapter.dispatch('local_day')(moment, time_zone)) }}
{%- endmacro %}

{% macro default__local_day(moment, time_zone) -%}
    cast(timezone({{ time_zone }}, timezone('UTC', {{ moment }})) as date)
{%- endmacro %}
