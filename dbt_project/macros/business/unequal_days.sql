{#- The days on which two relations with a `day` differ in a column; a day that one of them lacks counts as zeros. -#}
{% macro unequal_days(expected, found, columns) -%}
    select
        coalesce({{ expected }}.day, {{ found }}.day) as day
        {%- for column in columns %},
        {{ expected }}.{{ column }} as expected_{{ column }},
        {{ found }}.{{ column }} as found_{{ column }}
        {%- endfor %}
    from {{ expected }}
    full outer join {{ found }} on {{ expected }}.day = {{ found }}.day
    where
        {%- for column in columns %}
        {{ "or " if not loop.first }}coalesce({{ expected }}.{{ column }}, 0) <> coalesce({{ found }}.{{ column }}, 0)
        {%- endfor %}
{%- endmacro %}
