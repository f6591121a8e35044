with transactions as (
    select
        order_id,
        order_date,
        country,
        channel,
        category,
        is_product,
        quantity,
        net,
        estimated_profit
    from {{ ref('fct_transactions') }}
    where is_sale
),

baskets as (
    select
        order_id,
        {{ sorted_set('category') }} as basket
    from transactions
    group by order_id
),

-- Every order of a basket has an item of each of its categories, so each row of a basket counts the same orders.
sales_mix as (
    select
        transactions.order_date,
        transactions.country,
        transactions.channel,
        baskets.basket,
        transactions.category,
        count(distinct transactions.order_id) as order_count,
        sum(case when transactions.is_product then transactions.quantity else 0 end) as units_sold,
        sum(transactions.net) as net,
        sum(transactions.estimated_profit) as estimated_profit
    from transactions
    inner join baskets on transactions.order_id = baskets.order_id
    group by
        transactions.order_date,
        transactions.country,
        transactions.channel,
        baskets.basket,
        transactions.category
)

select
    cast(order_date as date) as order_date,
    cast(country as varchar) as country,
    cast(channel as varchar) as channel,
    cast(basket as varchar) as basket,
    cast(category as varchar) as category,
    cast(order_count as bigint) as order_count,
    cast(units_sold as bigint) as units_sold,
    cast(net as decimal(18, 2)) as net,
    cast(estimated_profit as decimal(18, 2)) as estimated_profit
from sales_mix
