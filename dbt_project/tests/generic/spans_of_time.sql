{#- Spans after which the next one of the key begins later than they end, and keys whose spans do not reach to the end. -#}
{% test no_gap_in_time(model, key) %}
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
{% endtest %}

{#- Spans after which the next one of the key begins before they end. -#}
{% test no_overlap_in_time(model, key) %}
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
{% endtest %}

{#- Keys that have not exactly one current row. -#}
{% test one_current(model, key) %}
    select
        {{ key }},
        count(*) filter (where is_current) as current_rows
    from {{ model }}
    group by {{ key }}
    having count(*) filter (where is_current) <> 1
{% endtest %}
