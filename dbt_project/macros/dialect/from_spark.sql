{#-
With `engine: spark` in the client file, dbt on DuckDB computes no table: it takes the one that Spark has just built, so
that what is tested, written down and published is the same for both engines.
-#}
{% macro engine() -%}
    {{ return(env_var('SALES_ENGINE', 'duckdb')) }}
{%- endmacro %}

{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- if engine() == 'spark' and language == 'sql' -%}
        {%- set compiled_code = built_on_spark(compiled_code) -%}
    {%- endif -%}
    {{ return(dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by)) }}
{%- endmacro %}

{#- The rows of the model's table on Spark, with the columns of its SQL. Of no rows in partitions there is no file. -#}
{% macro built_on_spark(compiled_code) -%}
    {%- set folder = env_var('SALES_DATA_DIR', '../data') ~ '/' ~ env_var('SALES_CLIENT', 'demo') ~ '/spark/tables' -%}
    {%- set files = folder ~ '/' ~ model.schema ~ '.db/' ~ model.alias ~ '/**/*.parquet' -%}
    {%- set found = run_query("select max(file) from glob('" ~ files ~ "')").columns[0].values()[0] -%}
    {%- set partition = config.get('unique_key') or 'delivery_id' -%}
    {%- set type = 'date' if partition.endswith('_date') else 'varchar' -%}
    {%- set is_partitioned = found and '/' ~ partition ~ '=' in found -%}
    select *
    from (
        {{ compiled_code }}
    ) as none
    where false
    {%- if found %}
    union all by name
    select *
    from read_parquet(
        '{{ files }}', hive_partitioning = {{ is_partitioned }}
        {{- ", hive_types = {'" ~ partition ~ "': '" ~ type ~ "'}" if is_partitioned }}
    )
    {%- endif %}
{%- endmacro %}
