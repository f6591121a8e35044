{#-
One row per key and span of equal attributes: [valid_from, valid_to). The first span reaches back to 1900, because what
happened before the first delivery is best described by it; the last one has no end. Of two versions valid from the same
day the one of the higher delivery_id counts.
-#}
{% macro validity_spans(versions, key, attributes) -%}
    {%- set history = 'partition by ' ~ key ~ ' order by valid_from asc nulls last' -%}
    select
        {{ key }},
        {{ attributes | join(', ') }},
        case
            when lag(valid_from) over ({{ history }}) is null then {{ first_valid_date() }} else valid_from
        end as valid_from,
        coalesce(lead(valid_from) over ({{ history }}), {{ last_valid_date() }}) as valid_to
    from (
        select
            {{ key }},
            {{ attributes | join(', ') }},
            valid_from
        from (
            select
                {{ key }},
                {{ attributes | join(', ') }},
                valid_from
            from {{ versions }}
            qualify lead(valid_from) over ({{ history }}, delivery_id asc nulls last) is distinct from valid_from
        ) as daily_versions
        qualify
            lag(valid_from) over ({{ history }}) is null
            {%- for attribute in attributes %}
            or {{ attribute }} is distinct from lag({{ attribute }}) over ({{ history }})
            {%- endfor %}
    ) as changes
{%- endmacro %}

{#- What a first span begins with. -#}
{% macro first_valid_date() -%}
    cast('1900-01-01' as date)
{%- endmacro %}

{#- What a last span ends with; it is current. -#}
{% macro last_valid_date() -%}
    cast('9999-12-31' as date)
{%- endmacro %}
