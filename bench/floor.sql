-- The floor: orders, returns and days of a shop's first build, straight from the landed files, by hand.
-- No raw tables, ledger, quarantine, versions, dimensions, items, tests, audit or copy: what the pipeline takes above
-- this is the price of its other tables and its guarantees. bench/floor.py opens the file to write and sets the variables.
set preserve_insertion_order = false;

create schema core;

create schema marts;

create temp table orders as
with landed as (
    select
        order_id,
        order_at,
        cast(timezone(getvariable('time_zone'), timezone('UTC', order_at)) as date) as order_date,
        customer_id,
        status as order_status,
        channel,
        country,
        list_transform(items, lambda item: struct_insert(
            item, gross := cast(item.quantity * item.unit_price as decimal(18, 2)))) as items,
        cast(coalesce(list_sum(list_transform(
            list_filter(payments, lambda payment: payment.status = 'succeeded'), lambda payment: payment.amount
        )), 0) as decimal(18, 2)) as captured,
        discount_amount as order_discount,
        tax_amount as tax,
        shipping_amount as shipping
    from read_json(
        getvariable('landing') || '/orders/*/0001/orders_*.json',
        format = 'newline_delimited',
        columns = {
            'order_id': 'varchar', 'order_at': 'timestamp', 'status': 'varchar', 'channel': 'varchar',
            'country': 'varchar', 'customer_id': 'varchar', 'discount_amount': 'decimal(18, 2)',
            'tax_amount': 'decimal(18, 2)', 'shipping_amount': 'decimal(18, 2)',
            'items': 'struct(line_number integer, product_id varchar, quantity integer,
                unit_price decimal(18, 4), discount_amount decimal(18, 2))[]',
            'payments': 'struct(status varchar, amount decimal(18, 2))[]'
        }
    )
),

totals as (
    select
        *,
        len(items) as item_count,
        cast(list_sum(list_transform(items, lambda item: item.gross)) as decimal(18, 2)) as gross,
        cast(list_sum(list_transform(items, lambda item: item.discount_amount)) + order_discount
            as decimal(18, 2)) as discount,
        cast(gross - discount as decimal(18, 2)) as net,
        cast(net + tax + shipping as decimal(18, 2)) as total
    from landed
)

select
    *,
    case
        when captured > total then 'overpaid'
        when captured = total then 'paid'
        when captured > 0 then 'partially_paid'
        else 'unpaid'
    end as payment_state,
    item_count > 0 and order_status <> 'cancelled' and payment_state <> 'unpaid' as is_sale
from totals;

create table core.fct_orders as
select
    order_id, order_date, order_at, cast(null as timestamp) as processed_at, cast(null as timestamp) as paid_at,
    cast(null as timestamp) as completed_at, cast(null as timestamp) as cancelled_at, customer_id, order_status,
    payment_state, is_sale, false as is_sale_without_goods, false as is_test, channel, country,
    null::varchar as region, null::varchar as city, null::varchar as postal_code, null::varchar as source,
    null::varchar as medium, null::varchar as campaign, null::varchar as landing_page, null::varchar as device,
    cast(null as timestamp) as edited_at, null::varchar as source_status, null::varchar as payment_status,
    null::varchar as fulfilment_status, 'USD' as currency,
    cast(1 as double) as exchange_rate, false as is_tax_inside, false as is_tax_split,
    cast(item_count as bigint) as item_count,
    gross, order_discount, discount, cast(0 as decimal(18, 2)) as excess_discount, net, tax, shipping,
    cast(0 as decimal(18, 2)) as fees, cast(0 as decimal(18, 2)) as gift_cards,
    cast(0 as decimal(18, 2)) as tips, cast(0 as decimal(18, 2)) as duties,
    cast(0 as decimal(18, 2)) as rounding,
    cast(0 as decimal(18, 2)) as credit, total, cast(null as decimal(18, 2)) as source_total, captured,
    cast(0 as bigint) as change_number
from orders;

create temp table products as
select
    product_id,
    cast(coalesce(
        map {'electronics': 0.15, 'jewelry': 0.50, 'jewelery': 0.50, 'men''s clothing': 0.45, 'women''s clothing': 0.45}
            [lower(trim(category))], 0.35
    ) as decimal(5, 4)) as margin_rate
from read_json(
    getvariable('landing') || '/products/*/0001/products*.jsonl',
    format = 'newline_delimited',
    columns = {'product_id': 'varchar', 'category': 'varchar'}
);

create table core.fct_returns as
select
    return_id,
    cast(timezone(getvariable('time_zone'), timezone('UTC', returned_at)) as date) as returned_date,
    returned_at, order_id, line_number, customer_id, product_id,
    true as is_product,
    reason, quantity, goods_amount as refund, cast(0 as bigint) as change_number
from read_json(
    getvariable('landing') || '/returns/*/0001/returns_*.jsonl',
    format = 'newline_delimited',
    columns = {
        'return_id': 'varchar', 'order_id': 'varchar', 'line_number': 'bigint', 'product_id': 'varchar',
        'customer_id': 'varchar', 'quantity': 'decimal(18, 3)', 'goods_amount': 'decimal(18, 2)',
        'returned_at': 'timestamp', 'reason': 'varchar'
    }
);

create table marts.mart_daily_sales as
with daily_orders as (
    select
        order_date,
        count(*) as order_count,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net
    from core.fct_orders
    where is_sale
    group by order_date
),

items as (
    select
        order_date,
        unnest(items) as item
    from orders
    where is_sale
),

daily_items as (
    select
        order_date,
        sum(item.quantity) as units_sold,
        sum(cast(item.gross * (1 - margin_rate) as decimal(18, 2))) as cost
    from items
    inner join products on item.product_id = products.product_id
    group by order_date
),

daily_returns as (
    select
        returned_date,
        sum(quantity) as returned_units,
        sum(refund) as refunds
    from core.fct_returns
    group by returned_date
),

span as (
    select
        least((select min(order_date) from core.fct_orders), min(returned_date)) as first_date,
        greatest((select max(order_date) from core.fct_orders), max(returned_date)) as last_date
    from daily_returns
),

days as (
    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as calendar_date
    from span
),

daily_sales as (
    select
        calendar_date,
        coalesce(order_count, 0) as order_count,
        coalesce(units_sold, 0) as units_sold,
        coalesce(gross, 0) as gross,
        coalesce(discount, 0) as discount,
        coalesce(net, 0) as net,
        coalesce(returned_units, 0) as returned_units,
        coalesce(refunds, 0) as refunds,
        coalesce(net, 0) - coalesce(refunds, 0) as net_sales,
        coalesce(net, 0) - coalesce(cost, 0) as estimated_profit
    from days
    left join daily_orders on calendar_date = daily_orders.order_date
    left join daily_items on calendar_date = daily_items.order_date
    left join daily_returns on calendar_date = daily_returns.returned_date
)

select
    calendar_date,
    cast(order_count as bigint) as order_count,
    cast(units_sold as decimal(18, 3)) as units_sold,
    cast(columns(['gross', 'discount', 'net']) as decimal(18, 2)),
    cast(returned_units as decimal(18, 3)) as returned_units,
    cast(columns(['refunds', 'net_sales', 'estimated_profit']) as decimal(18, 2)),
    cast(0 as bigint) as uncosted_item_count,
    cast(round(cast(net * 100 as double) / nullif(order_count, 0)) / 100 as decimal(18, 2)) as avg_order_value,
    cast(case when row_number() over week >= 7 then round(cast(sum(net_sales) over week * 100 as double) / 7) / 100 end
        as decimal(18, 2)) as net_sales_7_day_average,
    cast(case when row_number() over weeks >= 28 then round(cast(sum(net_sales) over weeks * 100 as double) / 28) / 100
        end as decimal(18, 2)) as net_sales_28_day_average
from daily_sales
window
    week as (order by calendar_date asc rows between 6 preceding and current row),
    weeks as (order by calendar_date asc rows between 27 preceding and current row);
