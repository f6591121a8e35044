{#-
What the publisher reads of dbt's runs: which run, over which load, finished or not, and each node's outcome. Runs are
numbered, because clocks can be set back; a run that is killed stays unfinished. All of them render hook statements.
-#}
{% macro create_audit_tables() -%}
    create schema if not exists warehouse.audit;
    create table if not exists warehouse.audit.dbt_invocations (
        invocation_number bigint not null,
        invocation_id varchar not null,
        ledger_fingerprint varchar not null,
        is_finished boolean not null
    );
    create table if not exists warehouse.audit.dbt_results (
        invocation_id varchar not null,
        unique_id varchar not null,
        resource_type varchar not null,
        status varchar not null,
        failures bigint,
        message varchar,
        executed_at timestamp not null
    );
    create table if not exists warehouse.audit.failing_rows (
        unique_id varchar not null,
        tested_column varchar,
        row_number integer not null,
        row_content varchar not null
    );
    alter table warehouse.audit.failing_rows add column if not exists rule_name varchar;
    create table if not exists warehouse.audit.built_tables (
        table_name varchar not null,
        row_count bigint not null,
        content_hash varchar not null
    );
    create table if not exists warehouse.audit.superseded_from (
        delivery_id varchar not null
    )
{%- endmacro %}

{#-
The fingerprint is the same text as in publish/gate.py, which compares it with the ledger of its own time. No
adapter.get_relation here: its query opens a transaction that dbt rolls back, and the insert with it.
-#}
{% macro begin_invocation() -%}
    insert into warehouse.audit.dbt_invocations (invocation_number, invocation_id, ledger_fingerprint, is_finished)
    select
        coalesce(max(invocation_number), 0) + 1,
        {{ dbt.string_literal(invocation_id) }},
        (
            select
                md5(
                    coalesce(
                        string_agg(delivery_id || ' ' || cast(finished_at as varchar), ',' order by delivery_id), ''
                    )
                )
            from warehouse.raw.load_ledger
        ),
        false
    from warehouse.audit.dbt_invocations
{%- endmacro %}

{% macro finish_invocation() -%}
    update warehouse.audit.dbt_invocations
    set is_finished = true
    where invocation_id = {{ dbt.string_literal(invocation_id) }}
{%- endmacro %}

{% macro record_results(results) -%}
    {%- if execute and results -%}
        insert into warehouse.audit.dbt_results
            (invocation_id, unique_id, resource_type, status, failures, message, executed_at)
        values
        {%- for result in results %}
            (
                {{ dbt.string_literal(invocation_id) }},
                {{ escaped_literal(result.node.unique_id) }},
                {{ escaped_literal(result.node.resource_type) }},
                {{ escaped_literal(result.status) }},
                {{ 'null' if result.failures is none else result.failures }},
                {{ 'null' if result.message is none else escaped_literal(result.message) }},
                cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp)
            )
            {{- "," if not loop.last }}
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{#-
What each table that is published held when dbt had built it: the same sum as in publish/table_profile.py, so that the
publisher refuses one that was changed since. Only those that this run built: of the others the run before has said it.
-#}
{% macro record_contents(results) -%}
    {%- set built = [] -%}
    {%- for result in results if execute -%}
        {%- set node = result.node -%}
        {%- if node.resource_type in ('model', 'seed') and node.schema in ('core', 'marts')
            and result.status == 'success' and node.config.materialized != 'ephemeral' -%}
            {%- do built.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in built %}
        delete from warehouse.audit.built_tables
        where table_name = {{ dbt.string_literal(node.schema ~ '.' ~ node.alias) }};
        insert into warehouse.audit.built_tables (table_name, row_count, content_hash)
        select
            {{ dbt.string_literal(node.schema ~ '.' ~ node.alias) }},
            count(*),
            cast(coalesce(sum(hash(*columns(*))), 0) as varchar)
        from {{ node.relation_name }}
        {{- ";" if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The first rows that each test of the run found, by rule, as JSON, in place of those that it found before. -#}
{% macro keep_failing_rows(results) -%}
    {%- set tests = results | selectattr('node.resource_type', 'equalto', 'test') | list -%}
    {%- if execute and tests -%}
        delete from warehouse.audit.failing_rows
        where unique_id in (
            {%- for test in tests %}
            {{ escaped_literal(test.node.unique_id) }}{{ "," if not loop.last }}
            {%- endfor %}
        )
        {%- for test in tests if test.failures %};
        insert into warehouse.audit.failing_rows (unique_id, rule_name, tested_column, row_number, row_content)
        select
            {{ escaped_literal(test.node.unique_id) }},
            rule_name,
            tested_column,
            row_number() over (partition by rule_name, tested_column order by row_content),
            row_content
        from (
            select
                rule_name,
                tested_column,
                unnest(min(row_content, 100)) as row_content
            from (
                {%- if test.node.test_metadata and test.node.test_metadata.name in ('rules', 'references') %}
                {{ test.node.compiled_code }}
                {%- else %}
                select
                    null as rule_name,
                    null as tested_column,
                    {{ row_as_json('failing') }} as row_content
                from ({{ test.node.compiled_code }}) as failing
                {%- endif %}
            ) as failing_rows
            group by rule_name, tested_column
        ) as first_rows
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}
