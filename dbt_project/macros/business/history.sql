{#-
The model of a dimension's history: one row per key and span of days on which its delivered versions are alike. What was
never delivered has one row for all time, so that every sale finds one. Attributes are {name: [type, value where none is
given]}.
-#}
{% macro history(dimension, versions, key, attributes) -%}
with members as (
    select
        {{ key }},
        is_inferred
    from {{ dimension }}
),

versions as (
    select
        {{ key }},
        valid_from,
        delivery_id,
        {{ attributes | join(',\n        ') }}
    from {{ versions }}
),

delivered_spans as (
    {{ validity_spans('versions', key, attributes) }}
),

spans as (
    select
        members.{{ key }},
        members.is_inferred,
        coalesce(delivered_spans.valid_from, {{ first_valid_date() }}) as valid_from,
        coalesce(delivered_spans.valid_to, {{ last_valid_date() }}) as valid_to
        {%- for attribute, (_, otherwise) in attributes.items() %},
        coalesce(delivered_spans.{{ attribute }}, {{ otherwise }}) as {{ attribute }}
        {%- endfor %}
    from members
    left join delivered_spans on members.{{ key }} = delivered_spans.{{ key }}
)

select
    cast({{ key }} as string) as {{ key }},
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(valid_to = {{ last_valid_date() }} as boolean) as is_current,
    cast(is_inferred as boolean) as is_inferred
    {%- for attribute, (type, _) in attributes.items() %},
    cast({{ attribute }} as {{ type }}) as {{ attribute }}
    {%- endfor %}
from spans
{%- endmacro %}
