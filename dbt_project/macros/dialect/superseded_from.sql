{#- Whether an increment can replace rows, not only whole partitions; else int_superseded is built whole each time. -#}
{% macro replaces_rows() -%}
    {{ return(adapter.dispatch('replaces_rows')()) }}
{%- endmacro %}

{% macro default__replaces_rows() -%}
    {{ return(true) }}
{%- endmacro %}

{% macro spark__replaces_rows() -%}
    {{ return(false) }}
{%- endmacro %}

{#- The deliveries that int_superseded does not know yet, and those that it knows and that count no more. -#}
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
    {{ return(adapter.dispatch('remember_deliveries')()) }}
{%- endmacro %}

{% macro default__remember_deliveries() -%}
    create or replace table warehouse.audit.superseded_from as
    select delivery_id
    from {{ source('raw', 'load_ledger') }}
    where not is_replaced
{%- endmacro %}

{% macro spark__remember_deliveries() -%}
{%- endmacro %}
