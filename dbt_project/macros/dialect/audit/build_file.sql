{#-
The build file says which run of dbt wrote it last, and a run is refused when the warehouse knows of another last one: a
file from a backup, or of a warehouse that is gone, would be taken for what increments start from. `sales build` removes
such a file before it starts dbt. publish/build_file.py compares the same.
-#}
{% macro refuse_other_build() -%}
    create table if not exists {{ target.database }}.main.built_by (invocation_id varchar not null);
    select
        error(
            'build.duckdb is not what the last run of dbt on this warehouse.duckdb left: remove it, and everything '
            || 'is built again'
        )
    where
        exists (
            select 1
            from duckdb_tables()
            where database_name = '{{ target.database }}' and schema_name in ('core', 'marts')
        )
        and (select max(invocation_id) from {{ target.database }}.main.built_by) is distinct from (
            select arg_max(invocation_id, invocation_number) from warehouse.audit.dbt_invocations
        )
{%- endmacro %}

{% macro mark_build() -%}
    create or replace table {{ target.database }}.main.built_by as
    select
        {{ dbt.string_literal(invocation_id) }} as invocation_id,
        {{ dbt.string_literal(engine()) }} as engine
{%- endmacro %}
