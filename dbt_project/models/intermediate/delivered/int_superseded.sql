{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        on_schema_change='fail',
        post_hook='{{ remember_deliveries() }}'
    )
}}

with deliveries as (
    select
        delivery_id,
        logical_date,
        file_order
    from {{ source('raw', 'load_ledger') }}
    where not is_replaced
),

versions as (
    {{ delivered_versions() }}
),

touched as (
    {{ touched_keys('versions') }}
),

touched_versions as (
    select distinct
        versions.record_kind,
        versions.record_key,
        versions.delivery_id,
        deliveries.logical_date,
        deliveries.file_order
    from versions
    inner join touched
        on
            versions.record_kind = touched.record_kind
            and versions.record_key = touched.record_key
    inner join deliveries on versions.delivery_id = deliveries.delivery_id
),

ordered_versions as (
    select
        record_kind,
        record_key,
        delivery_id,
        first_value(delivery_id) over (
            partition by record_kind, record_key
            order by logical_date desc nulls last, file_order desc nulls last, delivery_id desc nulls last
        ) as superseded_by
    from touched_versions
)

select
    cast(record_kind as string) as record_kind,
    cast(record_key as string) as record_key,
    cast(delivery_id as string) as delivery_id,
    cast(superseded_by as string) as superseded_by
from ordered_versions
where delivery_id <> superseded_by
