{#-
The days of an incremental model that must be computed again: those whose newest change is not the one that the model
carries, and those that it has and that nothing has any more. Compared by difference, not by size, so that a build that
died, a day that vanished and a warehouse that was loaded again all repair themselves. Outside an increment: every day.

`changes_of` is whose changes count: for a fact the table of raw, for what is made from facts each of them with its day
column. `period` makes months of days.
-#}
{% macro affected_days(changes_of, day_column, period='day') -%}
    {%- if is_incremental() %}
    select
        coalesce(newest.{{ day_column }}, carried.{{ day_column }}) as {{ day_column }},
        newest.change_number
    from ({{ newest_changes(changes_of, day_column, period) }}) as newest
    full outer join (
        select
            {{ day_column }},
            max(change_number) as change_number
        from {{ this }}
        group by {{ day_column }}
    ) as carried on newest.{{ day_column }} = carried.{{ day_column }}
    where newest.change_number is distinct from carried.change_number
    {%- else %}
    {{ newest_changes(changes_of, day_column, period) }}
    {%- endif %}
{%- endmacro %}

{#-
The change of each day; of several facts, or of a month, one number that stands for all of their days. Numbers only
grow, so a day that changed makes the sum larger, and a day that vanished makes their count smaller.
-#}
{% macro newest_changes(changes_of, day_column, period) -%}
    {%- if changes_of is string %}
    select
        changed_date as {{ day_column }},
        change_number
    from {{ ref('stg_changed_days') }}
    where table_name = '{{ changes_of }}'
    {%- else %}
    select
        cast({{ dbt.date_trunc(period, 'changed_date') }} as date) as {{ day_column }},
        cast(sum(change_number) * 1000 + count(*) as bigint) as change_number
    from (
        {%- for model, model_day in changes_of.items() %}
        {{ "union all" if not loop.first }}
        select
            {{ model_day }} as changed_date,
            max(change_number) as change_number
        from {{ ref(model) }}
        group by {{ model_day }}
        {%- endfor %}
    ) as changed_days
    group by {{ dbt.date_trunc(period, 'changed_date') }}
    {%- endif %}
{%- endmacro %}

{#-
The condition that keeps an increment to what another relation has, in a column of the same or another name; true when
everything is built.
-#}
{% macro in_increment(column, relation, relation_column=none) -%}
    {%- if is_incremental() -%}
        {{ column }} in (select {{ relation_column or column }} from {{ relation }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
Incremental strategy `replace_days`: delete every affected day, also one that has no rows any more, then insert what the
model computed. dbt runs both statements in one transaction. `unique_key` names the day column, `meta.changes_of` whose
changes count, `meta.period` the month where one is computed as a whole.
-#}
{% macro get_incremental_replace_days_sql(arg_dict) -%}
    {%- set day_column = arg_dict['unique_key'] -%}
    {%- set meta = config.get('meta') -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ day_column }} in (
        select {{ day_column }}
        from ({{ affected_days(meta['changes_of'], day_column, meta.get('period', 'day')) }}) as affected_days
    );

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
