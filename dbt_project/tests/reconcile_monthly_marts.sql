-- The net of a month, added up by order, is that of its categories, added up by item, to the cent.
with months as (
    select
        month_start_date as data_date,
        net
    from {{ ref('mart_monthly_revenue') }}
),

categories as (
    select
        month_start_date as data_date,
        sum(net) as net
    from {{ ref('mart_category_sales_monthly') }}
    group by month_start_date
)

{{ unequal_days('months', 'categories', ['net']) }}
