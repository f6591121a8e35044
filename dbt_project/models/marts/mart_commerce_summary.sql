with dates as (
    select calendar_date
    from {{ ref('dim_date') }}
    where is_in_sales_span
),

orders as (
    select
        order_date,
        customer_id
    from {{ ref('fct_orders') }}
    where is_sale
),

transactions as (
    select
        order_date,
        is_product,
        quantity,
        gross,
        discount,
        net,
        estimated_profit
    from {{ ref('fct_transactions') }}
    where is_sale
),

payments as (
    select
        order_date,
        payment_status
    from {{ ref('fct_payments') }}
),

returns as (
    select
        returned_date,
        is_product,
        quantity,
        refund
    from {{ ref('fct_returns') }}
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

daily_orders as (
    select
        order_date,
        count(*) as order_count,
        count(distinct customer_id) filter (where customer_id <> 'unknown') as active_customers
    from orders
    group by order_date
),

daily_transactions as (
    select
        order_date,
        sum(quantity) filter (where is_product) as units_sold,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net,
        sum(estimated_profit) as estimated_profit
    from transactions
    group by order_date
),

daily_payments as (
    select
        order_date,
        count(*) as attempt_count,
        count(*) filter (where payment_status = 'succeeded') as succeeded_count
    from payments
    group by order_date
),

daily_returns as (
    select
        returned_date,
        sum(quantity) filter (where is_product) as returned_units,
        sum(refund) as refunds
    from returns
    group by returned_date
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
        coalesce(daily_orders.order_count, 0) as order_count,
        coalesce(daily_orders.active_customers, 0) as active_customers,
        coalesce(daily_customers.new_customers, 0) as new_customers,
        coalesce(daily_transactions.units_sold, 0) as units_sold,
        coalesce(daily_transactions.gross, 0) as gross,
        coalesce(daily_transactions.discount, 0) as discount,
        coalesce(daily_transactions.net, 0) as net,
        coalesce(daily_transactions.estimated_profit, 0) as estimated_profit,
        coalesce(daily_returns.returned_units, 0) as returned_units,
        coalesce(daily_returns.refunds, 0) as refunds,
        coalesce(daily_payments.attempt_count, 0) as attempt_count,
        daily_payments.succeeded_count,
        daily_ad_spend.spend,
        daily_inventory.stock_out_count
    from dates
    left join daily_orders on dates.calendar_date = daily_orders.order_date
    left join daily_transactions on dates.calendar_date = daily_transactions.order_date
    left join daily_payments on dates.calendar_date = daily_payments.order_date
    left join daily_returns on dates.calendar_date = daily_returns.returned_date
    left join daily_customers on dates.calendar_date = daily_customers.first_order_date
    left join daily_ad_spend on dates.calendar_date = daily_ad_spend.spend_date
    left join daily_inventory on dates.calendar_date = daily_inventory.stock_date
)

select
    cast(calendar_date as date) as calendar_date,
    cast(order_count as bigint) as order_count,
    cast(active_customers as bigint) as active_customers,
    cast(new_customers as bigint) as new_customers,
    cast(units_sold as bigint) as units_sold,
    cast(gross as decimal(18, 2)) as gross,
    cast(discount as decimal(18, 2)) as discount,
    cast(net as decimal(18, 2)) as net,
    cast({{ divide_amount('net', 'order_count') }} as decimal(18, 2)) as avg_order_value,
    cast(returned_units as bigint) as returned_units,
    cast({{ ratio('returned_units', 'units_sold') }} as double) as return_rate,
    cast(refunds as decimal(18, 2)) as refunds,
    cast(net - refunds as decimal(18, 2)) as net_sales,
    cast(estimated_profit as decimal(18, 2)) as estimated_profit,
    cast(attempt_count as bigint) as attempt_count,
    cast({{ ratio('succeeded_count', 'attempt_count') }} as double) as success_rate,
    cast(spend as decimal(18, 2)) as spend,
    cast(stock_out_count as bigint) as stock_out_count
from daily_summary
