{#-
Members of a dimension that are not the current row of its history, and facts that carry another value than the history
has for their day, {column of the history: column of the facts}. That a fact finds one row and not two is what
`spans_of` sees to.
-#}
{% test follows_dimension(model, dimension, key, facts, carried) %}
    {%- if execute %}
    select
        'fact' as compared,
        facts.order_id as found_in
    from {{ facts }} as facts
    left join {{ model }} as history
        on
            facts.{{ key }} = history.{{ key }}
            and facts.order_date >= history.valid_from
            and facts.order_date < history.valid_to
    where
        history.{{ key }} is null
        {%- for ours, theirs in carried.items() %}
        or history.{{ ours }} <> facts.{{ theirs }}
        {%- endfor %}
    union all
    select
        'dimension' as compared,
        members.{{ key }} as found_in
    from {{ dimension }} as members
    left join {{ model }} as history
        on
            members.{{ key }} = history.{{ key }}
            and history.is_current
    where
        history.{{ key }} is null
        {%- for column in graph.nodes['model.' ~ project_name ~ '.' ~ model.identifier].columns
            if column not in (key, 'valid_from', 'valid_to', 'is_current') %}
        or history.{{ column }} is distinct from members.{{ column }}
        {%- endfor %}
    {%- endif %}
{% endtest %}
