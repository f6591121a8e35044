{#-
The records whose versions came or went since int_superseded was built: those of new deliveries, and those of which a
version, or the one that took its place, was in an attempt that counts no more. What it was built from stands in
audit.superseded_from, written in the transaction of the model. Outside an increment the records that came more than
once: few, and a window over all of them takes much memory.
-#}
{% macro touched_keys(versions) -%}
    {%- if not (is_incremental() and replaces_rows()) %}
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

{#-
The deliveries of datasets that a model made of one delivery each does not have yet; outside an increment all. Of a
dataset that has values of another source all are made again, as those change without it.
-#}
{% macro deliveries_to_add(datasets) -%}
    select
        ledger.delivery_id,
        ledger.logical_date,
        ledger.origin
    from {{ source('raw', 'load_ledger') }} as ledger
    {%- if is_incremental() %}
    {{ anti_join() }} {{ this }} as known on ledger.delivery_id = known.delivery_id
    {%- set looked_up = client_rules('looked_up') -%}
    {%- if looked_up %} and ledger.dataset not in ('{{ looked_up | join("', '") }}'){% endif %}
    {%- endif %}
    where
        not ledger.is_replaced
        and ledger.dataset in ('{{ datasets | join("', '") }}')
{%- endmacro %}
