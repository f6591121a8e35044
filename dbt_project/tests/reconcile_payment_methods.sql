-- All methods together have the attempts, the captures and the net of the facts, and each has the net of its products.
with payments as (
    select
        count(*) as attempt_count,
        coalesce(sum(captured), 0) as captured
    from {{ ref('fct_payments') }}
    where {{ is_attempt() }}
),

orders as (
    select coalesce(sum(net), 0) as net
    from {{ ref('fct_orders') }}
    where
        is_sale
        and (captured > 0 or payment_state <> 'not_tracked')
),

methods as (
    select
        coalesce(sum(attempt_count), 0) as attempt_count,
        coalesce(sum(captured), 0) as captured,
        coalesce(sum(net), 0) as net
    from {{ ref('mart_payment_methods') }}
),

products as (
    select
        payment_method,
        sum(net) as net
    from {{ ref('mart_product_revenue_by_payment') }}
    group by payment_method
)

select
    'all' as payment_method,
    orders.net as expected_net,
    methods.net as found_net
from payments
cross join orders
cross join methods
where
    payments.attempt_count <> methods.attempt_count
    or payments.captured <> methods.captured
    or orders.net <> methods.net

union all

select
    methods.payment_method,
    methods.net as expected_net,
    products.net as found_net
from {{ ref('mart_payment_methods') }} as methods
left join products on methods.payment_method = products.payment_method
where methods.net <> coalesce(products.net, 0)
