{#- Whether all of a text matches a regular expression. -#}
{% macro matches_all(text, pattern) -%}
    {{ return(adapter.dispatch('matches_all')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_all(text, pattern) -%}
    regexp_full_match({{ text }}, {{ escaped_literal(pattern) }})
{%- endmacro %}

{% macro spark__matches_all(text, pattern) -%}
    {{ text }} rlike {{ escaped_literal('\\A(?:' ~ pattern ~ ')\\z') }}
{%- endmacro %}
