{#- The share of the list price that is margin, by category; null where the client file's `margin_rates` and
`default_margin_rate` say none. -#}
{% macro margin_rate(category) -%}
    cast(
        case
            {%- for name, rate in setting('margin_rates', {}).items() %}
            when {{ category }} = {{ escaped_literal(name) }} then {{ rate }}
            {%- endfor %}
            when true then {{ setting('default_margin_rate') if setting('default_margin_rate') is not none else 'null' }}
        end as decimal(5, 4)
    )
{%- endmacro %}
