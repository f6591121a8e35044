{#- The share of the list price that is margin, by category (vars margin_rates, default_margin_rate). -#}
{% macro margin_rate(category) -%}
    cast(
        case {{ category }}
            {%- for name, rate in var('margin_rates').items() %}
            when {{ escaped_literal(name) }} then {{ rate }}
            {%- endfor %}
            else {{ var('default_margin_rate') }}
        end as decimal(5, 4)
    )
{%- endmacro %}
