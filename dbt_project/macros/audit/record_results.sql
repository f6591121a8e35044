{#- The run's outcome, node by node, where the publisher finds it. Both macros render on-run-end statements. -#}
{% macro create_results_table() -%}
    create schema if not exists audit;
    create table if not exists audit.dbt_results (
        invocation_id varchar not null,
        unique_id varchar not null,
        resource_type varchar not null,
        status varchar not null,
        failures bigint,
        message varchar,
        executed_at timestamp not null
    )
{%- endmacro %}

{% macro record_results(results) -%}
    {%- if execute and results -%}
        insert into audit.dbt_results
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

{% macro escaped_literal(value) -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(value | string)) }}
{%- endmacro %}
