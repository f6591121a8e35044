{#- The days after which the next day of the column is not the following one. -#}
{% test no_day_missing(model, column_name) %}
    select
        day,
        next_day
    from (
        select
            {{ column_name }} as day,
            lead({{ column_name }}) over (order by {{ column_name }} asc) as next_day
        from {{ model }}
    ) as days
    where {{ dbt.datediff('day', 'next_day', 'day') }} <> 1
{% endtest %}
