{#-
The days of an incremental model that must be computed again, each with its number of now: those whose number is not the
one that the model carries, and those that it has and that nothing has any more. Outside an increment: every day. So late
rows, corrections and builds that were interrupted anywhere need nothing else than the next build.

`changes_of` is whose changes count: for a fact the dataset, for what is made from facts each of them with its day
column. `period` makes months of days.
-#}
{% macro affected_days(changes_of, day_column, period='day') -%}
    {%- if is_incremental() %}
    select
        coalesce(newest.{{ day_column }}, carried.{{ day_column }}) as {{ day_column }},
        newest.change_number
    from ({{ change_numbers(changes_of, day_column, period) }}) as newest
    full outer join (
        select
            {{ day_column }},
            max(change_number) as change_number
        from {{ this }}
        group by {{ day_column }}
    ) as carried on newest.{{ day_column }} = carried.{{ day_column }}
    where newest.change_number is distinct from carried.change_number
    {%- else %}
    {{ change_numbers(changes_of, day_column, period) }}
    {%- endif %}
{%- endmacro %}

{#- The signature of each day; of several facts, or of a month, one number that changes with that of any of their days. -#}
{% macro change_numbers(changes_of, day_column, period) -%}
    {%- if changes_of is string %}
    select
        data_date as {{ day_column }},
        signature as change_number
    from {{ ref('int_day_signatures') }}
    where dataset = '{{ changes_of }}'
    {%- else %}
    select
        cast({{ dbt.date_trunc(period, 'changed_date') }} as date) as {{ day_column }},
        {{ as_signature('sum(' ~ row_hash(['model', 'changed_date', 'change_number']) ~ ')') }} as change_number
    from (
        {%- for model, model_day in changes_of.items() %}
        {{ "union all" if not loop.first }}
        select
            '{{ model }}' as model,
            {{ model_day }} as changed_date,
            max(change_number) as change_number
        from {{ ref(model) }}
        group by {{ model_day }}
        {%- endfor %}
    ) as changed_days
    group by {{ dbt.date_trunc(period, 'changed_date') }}
    {%- endif %}
{%- endmacro %}

{#- A sum of hashes within a bigint, which every reader takes. -#}
{% macro as_signature(hashes) -%}
    cast({{ hashes }} % 9223372036854775807 as bigint)
{%- endmacro %}

{#-
The same days as a list, by which an engine skips files as it cannot by another relation; none where everything is built
and in a unit test, whose rows no query of its own can read.
-#}
{% macro affected_dates(changes_of, day_column) -%}
    {%- if execute and is_incremental() and model.resource_type != 'unit_test' -%}
        {%- set days = run_query(
            'select ' ~ day_column ~ ' from (' ~ affected_days(changes_of, day_column) ~ ') as affected_days'
        ) -%}
        {{ return(days.columns[0].values()) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#-
The condition that keeps an increment to what another relation has, in a column of the same or another name, or to a
list of dates; true when everything is built.
-#}
{% macro in_increment(column, relation, relation_column=none, dates=none) -%}
    {%- if not is_incremental() -%}
        true
    {%- elif dates is none -%}
        {{ column }} in (select {{ relation_column or column }} from {{ relation }})
    {%- elif not dates -%}
        false
    {%- else -%}
        {{ column }} in (date '{{ dates | join("', date '") }}')
    {%- endif -%}
{%- endmacro %}
