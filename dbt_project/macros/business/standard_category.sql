{#- A category in lower case and one spelling (var category_names), 'unknown' where none is given. -#}
{% macro standard_category(column) -%}
    case lower({{ clean_text(column) }})
        {%- for delivered, published in var('category_names').items() %}
        when {{ escaped_literal(delivered) }} then {{ escaped_literal(published) }}
        {%- endfor %}
        else coalesce(lower({{ clean_text(column) }}), 'unknown')
    end
{%- endmacro %}
