{#- What no single row shows: repeated keys, missing parents, days and spans that do not follow each other. -#}

{#-
Values of the columns that occur more than once; of one column alone, nulls may. Sorting ten million hashes costs half
of grouping the values, and none of them is equal as a rule.
-#}
{% macro repeated(model, columns) -%}
    select
        {{ columns | join(', ') }},
        count(*) as occurrences
    from {{ model }}
    where
        {{ row_hash(columns) }} in (
            select key_hash
            from (
                select
                    key_hash,
                    lag(key_hash) over (order by key_hash asc) as hash_before
                from (
                    select {{ row_hash(columns) }} as key_hash
                    from {{ model }}
                    {%- if columns | length == 1 %}
                    where {{ columns[0] }} is not null
                    {%- endif %}
                ) as hashes
            ) as neighbours
            where key_hash = hash_before
        )
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endmacro %}

{#- Rows whose value, if they have one, is no value of the parent's field. -#}
{% macro orphans(model, column, parent, field) -%}
    select children.*
    from {{ model }} as children
    {{ anti_join() }} {{ parent }} as parents on children.{{ column }} = parents.{{ field }}
    where children.{{ column }} is not null
{%- endmacro %}

{#- Values after which the next one is not the following day or month. -#}
{% macro missing_after(model, column, part) -%}
    select
        {{ column }},
        next_value
    from (
        select
            {{ column }},
            lead({{ column }}) over (order by {{ column }} asc) as next_value
        from {{ model }}
    ) as followed
    where {{ dbt.datediff(column, 'next_value', part) }} <> 1
{%- endmacro %}

{#- Spans after which the next one of the key begins later than they end, and keys whose spans do not reach to the end. -#}
{% macro gaps(model, key) -%}
    select
        {{ key }},
        valid_to,
        next_from
    from (
        select
            {{ key }},
            valid_to,
            lead(valid_from, 1, {{ last_valid_date() }}) over (partition by {{ key }} order by valid_from asc) as next_from
        from {{ model }}
    ) as spans
    where next_from > valid_to
{%- endmacro %}

{#- Spans after which the next one of the key begins before they end. -#}
{% macro overlaps(model, key) -%}
    select
        {{ key }},
        valid_to,
        next_from
    from (
        select
            {{ key }},
            valid_to,
            lead(valid_from) over (partition by {{ key }} order by valid_from asc) as next_from
        from {{ model }}
    ) as spans
    where next_from < valid_to
{%- endmacro %}

{#- Keys that have not exactly one current row. -#}
{% macro not_once_current(model, key) -%}
    select
        {{ key }},
        count(*) filter (where is_current) as current_rows
    from {{ model }}
    group by {{ key }}
    having count(*) filter (where is_current) <> 1
{%- endmacro %}
