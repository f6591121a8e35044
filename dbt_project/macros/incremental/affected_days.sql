{#-
The days of an incremental fact that must be computed again: those whose newest change is not the one that the fact
carries. Compared by difference, not by size, so that a build that died, a day that vanished and a warehouse that was
loaded anew all mend themselves. Outside an increment: every day.
-#}
{% macro affected_days(changes_of, day_column) -%}
    select
        newest.changed_date as {{ day_column }},
        newest.change_number
    from {{ ref('stg_changed_days') }} as newest
    {%- if is_incremental() %}
    left join (
        select
            {{ day_column }},
            max(change_number) as change_number
        from {{ this }}
        group by {{ day_column }}
    ) as carried on newest.changed_date = carried.{{ day_column }}
    {%- endif %}
    where
        newest.table_name = '{{ changes_of }}'
        {%- if is_incremental() %}
        and newest.change_number is distinct from carried.change_number
        {%- endif %}
{%- endmacro %}

{#- The condition that keeps an increment to what another relation has; true when everything is built. -#}
{% macro in_increment(column, relation) -%}
    {%- if is_incremental() -%}
        {{ column }} in (select {{ column }} from {{ relation }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
Incremental strategy `replace_days`: delete every affected day, also one that has no rows any more, then insert what the
model computed. dbt runs both statements in one transaction. `unique_key` names the day column, `meta.changes_of` whose
changes count.
-#}
{% macro get_incremental_replace_days_sql(arg_dict) -%}
    {%- set day_column = arg_dict['unique_key'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ day_column }} in (
        select {{ day_column }}
        from ({{ affected_days(config.get('meta')['changes_of'], day_column) }}) as affected_days
    );

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
