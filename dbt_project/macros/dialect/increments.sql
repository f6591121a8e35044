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

{#- Incremental strategy `replace_touched`: delete what was known of every touched record, then insert what is now. -#}
{% macro get_incremental_replace_touched_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} as known
    using ({{ touched_keys() }}) as touched
    where known.record_kind = touched.record_kind and known.record_key = touched.record_key;

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{#-
Incremental strategy `replace_deliveries`: delete the rows of attempts that count no more, and of those that come again,
insert the new ones.
-#}
{% macro get_incremental_replace_deliveries_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where delivery_id not in (
        select delivery_id
        from {{ source('raw', 'load_ledger') }}
        where not is_replaced
    ) or delivery_id in (select delivery_id from {{ arg_dict['temp_relation'] }});

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
