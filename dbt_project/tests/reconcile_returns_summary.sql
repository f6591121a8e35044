-- The returns of a day are those of the facts, in number and units and to the cent, beside what was sold.
with returns as (
    select
        returned_date as data_date,
        count(*) as return_count,
        sum(quantity) filter (where is_product) as returned_units,
        sum(refund) as refunds
    from {{ ref('fct_returns') }}
    group by returned_date
),

units as (
    select
        order_date as data_date,
        sum(quantity) as units_sold
    from {{ ref('fct_transactions') }}
    where
        is_sale
        and is_product
    group by order_date
),

fact_days as (
    select
        coalesce(returns.data_date, units.data_date) as data_date,
        returns.return_count,
        returns.returned_units,
        returns.refunds,
        units.units_sold
    from returns
    full outer join units on returns.data_date = units.data_date
),

mart_days as (
    select
        calendar_date as data_date,
        return_count,
        returned_units,
        refunds,
        units_sold
    from {{ ref('mart_returns_summary') }}
)

{{ unequal_days('fact_days', 'mart_days', ['return_count', 'returned_units', 'refunds', 'units_sold']) }}
