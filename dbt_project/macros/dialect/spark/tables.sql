{#-
Tables of Parquet files, partitioned where the model is built by increments: a fact by day, what comes of one delivery
each by delivery. Python models are computed by dbt_on_spark.
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if language == 'python' %}
{{ compiled_code }}
spark.write(model(dbtObj(spark.read), spark), "{{ relation }}")
    {%- elif temporary -%}
    {{ create_temporary_view(relation, compiled_code) }}
    {%- else -%}
    {{ parquet_table(relation, compiled_code) }}
    {%- endif -%}
{%- endmacro %}

{% macro parquet_table(relation, compiled_code, partition=none) -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- set compiled_code = get_select_subquery(compiled_code) -%}
    {%- endif -%}
    create table {{ relation }} using parquet
    {{ "partitioned by (" ~ partition ~ ")" if partition }}
    as
    select {{ "/*+ rebalance(" ~ partition ~ ") */" if partition }} *
    from (
        {{ compiled_code }}
    ) as built
{%- endmacro %}

{#- Parquet has no constraints: the tests of the models look for nulls. -#}
{% macro spark__persist_constraints(relation, model) -%}
{%- endmacro %}
