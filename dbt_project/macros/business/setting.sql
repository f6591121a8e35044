{#- What the client file's `analysis` says of a name; `unbuilt` where there is no raw yet, and so nothing to build. -#}
{% macro setting(name, unbuilt=1) -%}
    {%- set settings = client_rules('analysis') -%}
    {{ return(settings[name] if settings else unbuilt) }}
{%- endmacro %}
