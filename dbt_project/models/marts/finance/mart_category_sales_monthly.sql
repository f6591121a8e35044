with dates as (
    select
        calendar_date,
        month_start_date,
        is_in_sales_span
    from {{ ref('dim_date') }}
),

product_days as (
    select
        {{ dbt.date_trunc('month', 'order_date') }} as month_start_date,
        category,
        is_product,
        quantity,
        net
    from {{ ref('int_product_days') }}
    where item_count > 0
),

months as (
    {{ data_periods('dates', 'month_start_date') }}
),

monthly_categories as (
    select
        month_start_date,
        category,
        sum(quantity) filter (where is_product) as units_sold,
        sum(net) as net
    from product_days
    group by month_start_date, category
),

categories as (
    select distinct category
    from monthly_categories
),

category_months as (
    select
        months.month_start_date,
        months.is_complete,
        months.has_first_day,
        categories.category,
        coalesce(monthly_categories.units_sold, 0) as units_sold,
        cast(coalesce(monthly_categories.net, 0) as decimal(18, 2)) as net
    from months
    cross join categories
    left join monthly_categories
        on
            months.month_start_date = monthly_categories.month_start_date
            and categories.category = monthly_categories.category
),

compared_categories as (
    select
        month_start_date,
        is_complete,
        category,
        units_sold,
        net,
        cast(sum(net) over (partition by month_start_date) as decimal(18, 2)) as month_net,
        lag(net) over (partition by category order by month_start_date asc nulls last) as previous_month_net,
        lag(case when has_first_day then net end) over (
            partition by category order by month_start_date asc nulls last
        ) as comparable_net
    from category_months
)

select
    cast(month_start_date as date) as month_start_date,
    cast(category as string) as category,
    cast(is_complete as boolean) as is_complete_month,
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(net as decimal(18, 2)) as net,
    cast({{ ratio('net', 'month_net') }} as double) as net_share,
    cast(previous_month_net as decimal(18, 2)) as previous_month_net,
    cast(case when is_complete then {{ growth_rate('net', 'comparable_net') }} end as double) as net_growth_rate
from compared_categories
