-- The net of a quarter is that of the facts, to the cent.
with fact_quarters as (
    select
        {{ dbt.date_trunc('quarter', 'order_date') }} as data_date,
        sum(net) as net
    from {{ ref('fct_orders') }}
    where is_sale
    group by {{ dbt.date_trunc('quarter', 'order_date') }}
),

mart_quarters as (
    select
        period_start_date as data_date,
        net
    from {{ ref('mart_seasonal_sales') }}
    where period_type = 'quarter'
)

{{ unequal_days('fact_quarters', 'mart_quarters', ['net']) }}
