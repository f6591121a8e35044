-- The mart's sales, units, profit and refunds of a day are those of the facts, to the cent.
with orders as (
    select
        order_date as data_date,
        count(*) as order_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from {{ ref('fct_orders') }}
    where is_sale
    group by order_date
),

items as (
    select
        order_date as data_date,
        sum(quantity) filter (where is_product) as units_sold,
        {{ sum_if_known('estimated_profit') }} as estimated_profit,
        count(*) - count(estimated_profit) as uncosted_item_count
    from {{ ref('fct_transactions') }}
    where is_sale
    group by order_date
),

returns as (
    select
        returned_date as data_date,
        sum(quantity) filter (where is_product) as returned_units,
        sum(refund) as refunds
    from {{ ref('fct_returns') }}
    group by returned_date
),

fact_days as (
    select
        coalesce(orders.data_date, returns.data_date) as data_date,
        orders.order_count,
        orders.gross,
        orders.discount,
        orders.net,
        items.units_sold,
        items.estimated_profit,
        items.uncosted_item_count,
        returns.returned_units,
        returns.refunds,
        coalesce(orders.net, 0) - coalesce(returns.refunds, 0) as net_sales
    from orders
    full outer join returns on orders.data_date = returns.data_date
    left join items on orders.data_date = items.data_date
),

mart_days as (
    select
        calendar_date as data_date,
        order_count,
        gross,
        discount,
        net,
        units_sold,
        estimated_profit,
        uncosted_item_count,
        returned_units,
        refunds,
        net_sales
    from {{ ref('mart_daily_sales') }}
)

{{
    unequal_days(
        'fact_days',
        'mart_days',
        [
            'order_count',
            'gross',
            'discount',
            'net',
            'units_sold',
            'estimated_profit',
            'uncosted_item_count',
            'returned_units',
            'refunds',
            'net_sales'
        ]
    )
}}
