{#- The day of a UTC timestamp in a time zone. -#}
{% macro local_day(moment, time_zone) -%}
    {{ return(adapter.dispatch('local_day')(moment, time_zone)) }}
{%- endmacro %}

{% macro default__local_day(moment, time_zone) -%}
    cast(timezone({{ time_zone }}, timezone('UTC', {{ moment }})) as date)
{%- endmacro %}

{% macro spark__local_day(moment, time_zone) -%}
    cast(from_utc_timestamp(cast({{ moment }} as timestamp_ltz), {{ time_zone }}) as date)
{%- endmacro %}
