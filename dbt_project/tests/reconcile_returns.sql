-- Every return of raw is in core once, on its day, with its quantity and refund to the cent.
with raw_days as (
    select
        returned_date as data_date,
        count(*) as return_count,
        sum(quantity) as units,
        sum(refund_amount) as refunds
    from {{ source('raw', 'returns') }}
    where is_current
    group by returned_date
),

core_days as (
    select
        returned_date as data_date,
        count(*) as return_count,
        sum(quantity) as units,
        sum(refund) as refunds
    from {{ ref('fct_returns') }}
    group by returned_date
)

{{ unequal_days('raw_days', 'core_days', ['return_count', 'units', 'refunds']) }}
