with monthly_sales as (
    select
        month_start_date,
        is_complete_month,
        order_count,
        active_customers,
        gross,
        discount,
        net,
        refunds
    from {{ ref('int_monthly_sales') }}
)

select
    cast(month_start_date as date) as month_start_date,
    cast(is_complete_month as boolean) as is_complete_month,
    cast(order_count as bigint) as order_count,
    cast(active_customers as bigint) as active_customers,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net - refunds as decimal(18, 2)) as net_sales,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value,
    cast(
        sum(net) over (order by month_start_date asc nulls last rows between unbounded preceding and current row)
        as decimal(18, 2)
    ) as running_net
from monthly_sales
