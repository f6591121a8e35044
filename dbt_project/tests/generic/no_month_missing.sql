{#- The months after which the next month of the column is not the following one. -#}
{% test no_month_missing(model, column_name) %}
    select
        first_day,
        next_first_day
    from (
        select
            {{ column_name }} as first_day,
            lead({{ column_name }}) over (order by {{ column_name }} asc) as next_first_day
        from {{ model }}
    ) as months
    where {{ dbt.datediff('first_day', 'next_first_day', 'month') }} <> 1
{% endtest %}
