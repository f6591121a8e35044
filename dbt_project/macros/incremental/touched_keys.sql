{#-
The records whose versions came or went since int_superseded was built: those of new deliveries, and those of which a
version, or the one that took its place, was in an attempt that counts no more. What it was built from stands in
audit.superseded_from, written in the transaction of the model. Outside an increment the records that came more than
once: few, and a window over all of them takes much memory.
-#}
{% macro touched_keys(versions) -%}
    {%- if not is_incremental() %}
    select
        record_kind,
        record_key
    from {{ versions }}
    group by record_kind, record_key
    having count(*) > 1
    {%- else %}
    select distinct
        record_kind,
        record_key
    from (
        {{ delivered_versions(new_deliveries()) }}
    ) as new_versions
    union distinct
    select
        superseded.record_kind,
        superseded.record_key
    from {{ this }} as superseded
    where
        superseded.delivery_id in (select gone.delivery_id from {{ gone_deliveries() }} as gone)
        or superseded.superseded_by in (select gone.delivery_id from {{ gone_deliveries() }} as gone)
    {%- endif %}
{%- endmacro %}

{% macro new_deliveries() -%}
    (
        select ledger.delivery_id
        from {{ source('raw', 'load_ledger') }} as ledger
        {{ anti_join() }} warehouse.audit.superseded_from as known on ledger.delivery_id = known.delivery_id
        where not ledger.is_replaced
    )
{%- endmacro %}

{% macro gone_deliveries() -%}
    (
        select known.delivery_id
        from warehouse.audit.superseded_from as known
        {{ anti_join() }} (
            select delivery_id
            from {{ source('raw', 'load_ledger') }}
            where not is_replaced
        ) as ledger on known.delivery_id = ledger.delivery_id
    )
{%- endmacro %}

{% macro remember_deliveries() -%}
    create or replace table warehouse.audit.superseded_from as
    select delivery_id
    from {{ source('raw', 'load_ledger') }}
    where not is_replaced
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
The deliveries of datasets that a model made of one delivery each does not have yet; outside an increment all.
-#}
{% macro deliveries_to_add(datasets) -%}
    select
        ledger.delivery_id,
        ledger.logical_date,
        ledger.origin
    from {{ source('raw', 'load_ledger') }} as ledger
    {%- if is_incremental() %}
    {{ anti_join() }} {{ this }} as known on ledger.delivery_id = known.delivery_id
    {%- endif %}
    where
        not ledger.is_replaced
        and ledger.dataset in ('{{ datasets | join("', '") }}')
{%- endmacro %}

{#- Incremental strategy `replace_deliveries`: delete the rows of attempts that count no more, insert the new ones. -#}
{% macro get_incremental_replace_deliveries_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where delivery_id not in (
        select delivery_id
        from {{ source('raw', 'load_ledger') }}
        where not is_replaced
    );

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
