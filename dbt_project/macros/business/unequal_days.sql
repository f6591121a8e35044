{#- The days on which two relations with a `data_date` differ in a column; a day that one of them lacks counts as zeros. -#}
{% macro unequal_days(expected, found, columns) -%}
    select
        coalesce({{ expected }}.data_date, {{ found }}.data_date) as data_date
        {%- for column in columns %},
        {{ expected }}.{{ column }} as expected_{{ column }},
        {{ found }}.{{ column }} as found_{{ column }}
        {%- endfor %}
    from {{ expected }}
    full outer join {{ found }} on {{ expected }}.data_date = {{ found }}.data_date
    where
        {%- for column in columns %}
        {{ "or " if not loop.first }}coalesce({{ expected }}.{{ column }}, 0) <> coalesce({{ found }}.{{ column }}, 0)
        {%- endfor %}
{%- endmacro %}
