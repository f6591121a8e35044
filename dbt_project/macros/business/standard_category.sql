{#- A category in lower case and one spelling (`category_names` of the client file), 'unknown' where none is given. -#}
{% macro standard_category(column) -%}
    case
        {%- for delivered, published in setting('category_names', {}).items() %}
        when lower({{ clean_text(column) }}) = {{ escaped_literal(delivered) }} then {{ escaped_literal(published) }}
        {%- endfor %}
        when true then coalesce(lower({{ clean_text(column) }}), 'unknown')
    end
{%- endmacro %}
