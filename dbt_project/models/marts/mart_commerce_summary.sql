with dates as (
    select calendar_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

client as (
    select has_returns
    from {{ ref('int_client') }}
),

sales as (
    select
        calendar_date,
        order_count,
        active_customers,
        units_sold,
        gross,
        discount,
        net,
        estimated_profit,
        uncosted_item_count,
        returned_units,
        refunds
    from {{ ref('int_daily_sales') }}
),

payments as (
    select
        order_date,
        attempt_count,
        succeeded_count
    from {{ ref('int_payment_days') }}
),

customers as (
    select first_order_date
    from {{ ref('dim_customers') }}
    where customer_id <> 'unknown'
),

ad_spend as (
    select
        spend_date,
        spend
    from {{ ref('fct_ad_spend') }}
),

inventory as (
    select
        stock_date,
        is_stock_out
    from {{ ref('fct_inventory_daily') }}
),

daily_payments as (
    select
        order_date,
        sum(attempt_count) as attempt_count,
        sum(succeeded_count) as succeeded_count
    from payments
    group by order_date
),

daily_customers as (
    select
        first_order_date,
        count(*) as new_customers
    from customers
    group by first_order_date
),

daily_ad_spend as (
    select
        spend_date,
        sum(spend) as spend
    from ad_spend
    group by spend_date
),

daily_inventory as (
    select
        stock_date,
        count(*) filter (where is_stock_out) as stock_out_count
    from inventory
    group by stock_date
),

daily_summary as (
    select
        dates.calendar_date,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.active_customers, 0) as active_customers,
        coalesce(daily_customers.new_customers, 0) as new_customers,
        coalesce(sales.units_sold, 0) as units_sold,
        coalesce(sales.gross, 0) as gross,
        coalesce(sales.discount, 0) as discount,
        coalesce(sales.net, 0) as net,
        case when sales.calendar_date is null then 0 else sales.estimated_profit end as estimated_profit,
        coalesce(sales.uncosted_item_count, 0) as uncosted_item_count,
        coalesce(sales.returned_units, 0) as returned_units,
        coalesce(sales.refunds, 0) as refunds,
        coalesce(daily_payments.attempt_count, 0) as attempt_count,
        case when client.has_returns then coalesce(sales.returned_units, 0) end as known_returned_units,
        daily_payments.succeeded_count,
        daily_ad_spend.spend,
        daily_inventory.stock_out_count
    from dates
    cross join client
    left join sales on dates.calendar_date = sales.calendar_date
    left join daily_payments on dates.calendar_date = daily_payments.order_date
    left join daily_customers on dates.calendar_date = daily_customers.first_order_date
    left join daily_ad_spend on dates.calendar_date = daily_ad_spend.spend_date
    left join daily_inventory on dates.calendar_date = daily_inventory.stock_date
)

select
    cast(calendar_date as date) as calendar_date,
    cast(order_count as bigint) as order_count,
    cast(active_customers as bigint) as active_customers,
    cast(new_customers as bigint) as new_customers,
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value,
    cast(returned_units as decimal(18, 3)) as returned_units,
    cast({{ ratio('known_returned_units', 'units_sold') }} as double) as return_rate,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net - refunds as decimal(18, 2)) as net_sales,
    cast(estimated_profit as decimal(18, 2)) as estimated_profit,
    cast(uncosted_item_count as bigint) as uncosted_item_count,
    cast(attempt_count as bigint) as attempt_count,
    cast({{ ratio('succeeded_count', 'attempt_count') }} as double) as success_rate,
    cast(spend as decimal(18, 2)) as spend,
    cast(stock_out_count as bigint) as stock_out_count
from daily_summary
