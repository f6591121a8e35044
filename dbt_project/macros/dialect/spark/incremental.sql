{#-
Increments on Spark: the partitions that a model computed again take the place of the old ones, and those that have no
rows any more are dropped. Killed anywhere, each partition is the old or the new one or missing, and carries the number
or the delivery that it was built from, so the next build goes on. What has no partitions is built whole.
-#}
{% materialization incremental, adapter='spark' -%}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- set partition = {'replace_days': config.get('unique_key'), 'replace_deliveries': 'delivery_id'}.get(strategy) -%}
    {%- set existing = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is none or existing.is_view or not partition or should_full_refresh() -%}
        {%- if existing -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            {{ parquet_table(this, compiled_code, partition) }}
        {%- endcall -%}
    {%- else -%}
        {%- set computed = this.incorporate(path={'identifier': this.identifier ~ '__computed'}, type='table') -%}
        {%- do adapter.drop_relation(computed) -%}
        {%- call statement('compute') -%}
            {{ parquet_table(computed, compiled_code) }}
        {%- endcall -%}
        {%- do process_schema_changes(config.get('on_schema_change'), computed, existing) -%}
        {%- for value in run_query(partitions_without_rows(strategy, partition, computed)).columns[0].values() -%}
            {%- do run_query(empty_partition(partition, value, computed)) -%}
        {%- endfor -%}
        {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | join(', ') -%}
        {%- call statement('main') -%}
            insert overwrite table {{ this }} partition ({{ partition }})
            select /*+ rebalance({{ partition }}) */ {{ columns }}
            from {{ computed }}
        {%- endcall -%}
        {%- do adapter.drop_relation(computed) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}

{% macro partitions_without_rows(strategy, partition, computed) -%}
    select distinct cast(known.{{ partition }} as string) as partition_value
    from {{ this }} as known
    {%- if strategy == 'replace_days' %}
    {%- set meta = config.get('meta') %}
    inner join ({{ affected_days(meta['changes_of'], partition, meta.get('period', 'day')) }}) as affected
        on known.{{ partition }} = affected.{{ partition }}
    left anti join {{ computed }} as computed on known.{{ partition }} = computed.{{ partition }}
    {%- else %}
    left anti join (select delivery_id from {{ source('raw', 'load_ledger') }} where not is_replaced) as ledger
        on known.delivery_id = ledger.delivery_id
    {%- endif %}
{%- endmacro %}

{% macro empty_partition(partition, value, computed) -%}
    insert overwrite table {{ this }} partition ({{ partition }} = {{ escaped_literal(value) }})
    select {{ adapter.get_columns_in_relation(computed) | map(attribute='name') | reject('equalto', partition) | join(', ') }}
    from {{ computed }}
    where false
{%- endmacro %}
