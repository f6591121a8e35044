-- The floor: core and marts of a shop's first build, straight from the landed files, by hand.
-- No raw tables, ledger, quarantine, versions, tests, audit or copy: what the pipeline takes above this is the price of
-- its guarantees. bench/floor.py opens the file to write and sets the variables.
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
    order_id, order_date, order_at, customer_id, order_status, payment_state, is_sale, channel, country,
    cast(item_count as bigint) as item_count,
    gross, order_discount, discount, net, tax, shipping, total, captured, cast(0 as bigint) as change_number
from orders;

create temp table customers as
select * replace (
    null::varchar as first_name, null::varchar as last_name, null::varchar as postal_code, trim(city) as city,
    sha256(unhex(getvariable('outer_pad')) || unhex(sha256(unhex(getvariable('inner_pad')) || encode(lower(email)))))
        as email,
    sha256(unhex(getvariable('outer_pad')) || unhex(sha256(unhex(getvariable('inner_pad')) || encode(phone)))) as phone
)
from read_json(
    getvariable('landing') || '/customers/*/0001/customers_*.jsonl',
    format = 'newline_delimited',
    columns = {
        'customer_id': 'varchar', 'first_name': 'varchar', 'last_name': 'varchar', 'email': 'varchar',
        'phone': 'varchar', 'city': 'varchar', 'postal_code': 'varchar', 'country': 'varchar', 'segment': 'varchar',
        'signup_at': 'timestamp'
    }
);

create temp table products as
with landed as (
    select * replace (if(lower(trim(category)) = 'jewelery', 'jewelry', lower(trim(category))) as category)
    from read_json(
        getvariable('landing') || '/products/*/0001/products*.jsonl',
        format = 'newline_delimited',
        columns = {
            'product_id': 'varchar', 'title': 'varchar', 'description': 'varchar', 'category': 'varchar',
            'list_price': 'decimal(18, 2)', 'rating': 'decimal(18, 2)', 'rating_count': 'integer',
            'image_url': 'varchar', 'origin': 'varchar'
        }
    )
)

select
    *,
    cast(coalesce(
        map {'electronics': 0.15, 'jewelry': 0.50, 'men''s clothing': 0.45, 'women''s clothing': 0.45}[category], 0.35
    ) as decimal(5, 4)) as margin_rate
from landed;

create table core.fct_returns as
select
    return_id,
    cast(timezone(getvariable('time_zone'), timezone('UTC', returned_at)) as date) as returned_date,
    returned_at, order_id, line_number, customer_id, product_id,
    true as is_product,
    reason, quantity, refund_amount as refund, cast(0 as bigint) as change_number
from read_json(
    getvariable('landing') || '/returns/*/0001/returns_*.jsonl',
    format = 'newline_delimited',
    columns = {
        'return_id': 'varchar', 'order_id': 'varchar', 'line_number': 'integer', 'product_id': 'varchar',
        'customer_id': 'varchar', 'quantity': 'integer', 'refund_amount': 'decimal(18, 2)',
        'returned_at': 'timestamp', 'reason': 'varchar'
    }
);

create table core.fct_transactions as
with shares as (
    select
        order_id,
        unnest(items).line_number as line_number,
        cast(order_discount * 100 as hugeint) as order_cents,
        cast(if(gross = 0, 1, unnest(items).gross * 100) as hugeint) as weight,
        cast(if(gross = 0, item_count, gross * 100) as hugeint) as order_weight
    from orders
    where order_discount <> 0
),

allocated as (
    select
        order_id,
        line_number,
        order_cents * weight // order_weight as floor_cents,
        if(
            row_number() over (partition by order_id order by order_cents * weight % order_weight desc, line_number asc)
            <= order_cents - sum(floor_cents) over (partition by order_id), 1, 0
        ) as extra_cents
    from shares
),

transactions as (
    select
        * exclude (items, gross, discount, net), unnest(items) as item
    from orders
),

amounts as (
    select
        transactions.*,
        item.gross as gross,
        cast(item.discount_amount + coalesce((floor_cents + extra_cents)::decimal(18, 0) * 0.01, 0)
            as decimal(18, 2)) as discount,
        cast(item.gross - discount as decimal(18, 2)) as net
    from transactions
    left join allocated
        on transactions.order_id = allocated.order_id and transactions.item.line_number = allocated.line_number
)

select
    order_id, item.line_number as line_number, order_date, order_at,
    cast(year(order_date) as integer) as order_year,
    cast(quarter(order_date) as integer) as order_quarter,
    cast(month(order_date) as integer) as order_month,
    cast(isodow(order_date) as integer) as order_day_of_week,
    amounts.customer_id, products.product_id,
    customers.segment as customer_segment, customers.country as customer_country,
    products.category,
    true as is_product,
    order_status, is_sale, amounts.channel, amounts.country,
    item.quantity as quantity, item.unit_price as unit_price,
    gross, discount, net,
    cast(net - cast(gross * (1 - margin_rate) as decimal(18, 2)) as decimal(18, 2)) as estimated_profit,
    cast(round(cast(net * 10000 as double) / item.quantity) / 10000 as decimal(18, 4)) as revenue_per_unit,
    cast(0 as bigint) as change_number
from amounts
inner join customers on amounts.customer_id = customers.customer_id
inner join products on amounts.item.product_id = products.product_id;

create table core.dim_customers as
with sales as (
    select
        customer_id,
        count(*) as total_orders,
        sum(net) as net,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from core.fct_orders
    where is_sale
    group by customer_id
),

refunds as (
    select
        customer_id,
        sum(refund) as refunds
    from core.fct_returns
    group by customer_id
),

members as (
    select
        customer_id, false as is_inferred, first_name, last_name, email, phone, city, postal_code, country, segment,
        signup_at
    from customers
    union all
    select 'unknown', true, null, null, null, null, null, null, 'unknown', 'unknown', null
)

select
    members.*, first_order_date, last_order_date,
    cast(date_trunc('month', first_order_date) as date) as cohort_month,
    cast(coalesce(total_orders, 0) as bigint) as total_orders,
    cast(coalesce(net, 0) - coalesce(refunds, 0) as decimal(18, 2)) as lifetime_value,
    cast(round(cast(net * 100 as double) / total_orders) / 100 as decimal(18, 2)) as avg_order_value,
    case when customer_id <> 'unknown'
        then total_orders::double * 30 / greatest(as_of_date - first_order_date + 1, 30)::double
    end as purchase_frequency,
    case
        when customer_id = 'unknown' then 'unknown'
        when total_orders is null then 'prospect'
        when as_of_date - first_order_date <= 30 then 'new'
        when as_of_date - last_order_date <= 90 then 'active'
        when as_of_date - last_order_date <= 180 then 'at_risk'
        else 'churned'
    end as customer_status
from members
cross join (select max(order_date) as as_of_date from core.fct_orders) as last_day
left join sales using (customer_id)
left join refunds using (customer_id);

create table core.dim_products as
with stock as (
    select product_id, max_by(cast(stock_on_hand as bigint), stock_date) as stock_on_hand
    from read_json(
        getvariable('landing') || '/inventory/*/0001/inventory_*.jsonl', format = 'newline_delimited',
        columns = {'stock_date': 'date', 'product_id': 'varchar', 'stock_on_hand': 'integer'}
    )
    group by product_id
),

sales as (
    select
        product_id, sum(net) as total_revenue, sum(quantity) as total_units_sold,
        min(order_date) as first_sold_date, max(order_date) as last_sold_date
    from core.fct_transactions
    where is_sale
    group by product_id
),

returned as (
    select product_id, sum(quantity) as returned_units
    from core.fct_returns
    group by product_id
),

cuts as (
    select
        quantile_cont(total_revenue::double, 0.8) as high_from, quantile_cont(total_revenue::double, 0.4) as medium_from
    from sales
)

select
    product_id, false as is_inferred, title, category, 'product' as product_type, true as is_product, list_price,
    case when list_price >= 100 then 'premium' when list_price >= 25 then 'mid_range' else 'budget' end as price_tier,
    rating, rating_count, image_url, origin,
    cast(coalesce(total_revenue, 0) as decimal(18, 2)) as total_revenue,
    cast(coalesce(total_units_sold, 0) as bigint) as total_units_sold,
    cast(coalesce(returned_units, 0) as bigint) as returned_units,
    first_sold_date, last_sold_date, stock_on_hand,
    case when stock_on_hand is null then 'not_tracked' when stock_on_hand <= 0 then 'out_of_stock' else 'in_stock' end
        as stock_status,
    case
        when total_revenue is null then 'unsold'
        when total_revenue::double >= high_from then 'high'
        when total_revenue::double >= medium_from then 'medium'
        else 'low'
    end as performance_tier
from products
cross join cuts
left join sales using (product_id)
left join returned using (product_id)
left join stock using (product_id);

create table core.dim_date as
with data_days as (
    select order_date as data_date from core.fct_orders
    union all
    select returned_date from core.fct_returns
),

days as (
    select cast(unnest(generate_series(
        date_trunc('year', min(data_date)),
        date_trunc('year', max(data_date)) + interval 1 year - interval 1 day,
        interval 1 day
    )) as date) as calendar_date
    from data_days
)

select
    calendar_date,
    cast(year(calendar_date) as integer) as calendar_year,
    cast(quarter(calendar_date) as integer) as calendar_quarter,
    cast(month(calendar_date) as integer) as calendar_month,
    monthname(calendar_date) as month_name,
    cast(date_trunc('month', calendar_date) as date) as month_start_date,
    cast(isoyear(calendar_date) as integer) as iso_year,
    cast(weekofyear(calendar_date) as integer) as iso_week,
    cast(date_trunc('week', calendar_date) as date) as week_start_date,
    cast(day(calendar_date) as integer) as day_of_month,
    cast(isodow(calendar_date) as integer) as day_of_week,
    dayname(calendar_date) as day_name,
    isodow(calendar_date) >= 6 as is_weekend,
    calendar_date >= first_date and calendar_date <= last_date as is_in_sales_span
from days
cross join (select min(data_date) as first_date, max(data_date) as last_date from data_days);

create table marts.mart_daily_sales as
with daily_orders as (
    select
        order_date,
        count(*) as order_count
    from core.fct_orders
    where is_sale
    group by order_date
),

daily_transactions as (
    select
        order_date,
        sum(quantity) as units_sold,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(net) as net,
        sum(estimated_profit) as estimated_profit
    from core.fct_transactions
    where is_sale
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
        coalesce(estimated_profit, 0) as estimated_profit
    from core.dim_date
    inner join span on calendar_date between first_date and last_date
    left join daily_orders on calendar_date = daily_orders.order_date
    left join daily_transactions on calendar_date = daily_transactions.order_date
    left join daily_returns on calendar_date = daily_returns.returned_date
)

select
    calendar_date,
    cast(columns(['order_count', 'units_sold']) as bigint),
    cast(columns(['gross', 'discount', 'net']) as decimal(18, 2)),
    cast(returned_units as bigint) as returned_units,
    cast(columns(['refunds', 'net_sales', 'estimated_profit']) as decimal(18, 2)),
    cast(round(cast(net * 100 as double) / nullif(order_count, 0)) / 100 as decimal(18, 2)) as avg_order_value,
    cast(case when row_number() over week >= 7 then round(cast(sum(net_sales) over week * 100 as double) / 7) / 100 end
        as decimal(18, 2)) as net_sales_7_day_average,
    cast(case when row_number() over weeks >= 28 then round(cast(sum(net_sales) over weeks * 100 as double) / 28) / 100
        end as decimal(18, 2)) as net_sales_28_day_average
from daily_sales
window
    week as (order by calendar_date asc rows between 6 preceding and current row),
    weeks as (order by calendar_date asc rows between 27 preceding and current row);
