{#-
The days on which a model's amounts are not those of what it is made from, to the cent; a day that one of them lacks
counts as zeros. `day` and the amounts are SQL over the model. Where the origin needs other SQL it has its own: for the
day as `day_of`, for an amount as {model: SQL, of: SQL}; `of_where` leaves rows of it out.
-#}
{% test reconciles(model, of, day, amounts, day_of=none, of_where=none) %}
    with expected_days as (
        select
            {{ day_of or day }} as data_date
            {%- for name, amount in amounts.items() %},
            {{ amount['of'] if amount is mapping else amount }} as {{ name }}
            {%- endfor %}
        from {{ of }}
        where {{ of_where or 'true' }}
        group by {{ day_of or day }}
    ),

    model_days as (
        select
            {{ day }} as data_date
            {%- for name, amount in amounts.items() %},
            {{ amount['model'] if amount is mapping else amount }} as {{ name }}
            {%- endfor %}
        from {{ model }}
        group by {{ day }}
    )

    {{ unequal_days('expected_days', 'model_days', amounts.keys() | list) }}
{% endtest %}
