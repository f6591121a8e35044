{#-
One row per key and span of equal attributes: [valid_from, valid_to). The first span reaches back to 1900, because what
happened before the first delivery is best described by it; the last one has no end.
-#}
{% macro validity_spans(versions, key, attributes) -%}
    select
        {{ key }},
        {{ attributes | join(', ') }},
        case
            when lag(valid_from) over (partition by {{ key }} order by valid_from asc) is null
                then cast('1900-01-01' as date)
            else valid_from
        end as valid_from,
        coalesce(
            lead(valid_from) over (partition by {{ key }} order by valid_from asc), cast('9999-12-31' as date)
        ) as valid_to
    from (
        select
            {{ key }},
            {{ attributes | join(', ') }},
            valid_from
        from {{ versions }}
        qualify
            lag(valid_from) over (partition by {{ key }} order by valid_from asc) is null
            {%- for attribute in attributes %}
            or {{ attribute }} is distinct from
            lag({{ attribute }}) over (partition by {{ key }} order by valid_from asc)
            {%- endfor %}
    ) as changes
{%- endmacro %}
