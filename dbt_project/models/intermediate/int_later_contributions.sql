with refunds as (
    select
        refund_id,
        order_id,
        product_id,
        refunded_date,
        units_restocked,
        is_counted,
        {{ cents('goods_amount') }} as goods,
        {{ cents('shipping_amount') }} as shipping
    from {{ ref('int_refunds') }}
),

refund_numbers as (
    select
        refund_id,
        order_id,
        is_cancellation,
        order_goods,
        refund_number
    from {{ ref('int_refund_amounts') }}
),

balance_transactions as (
    select
        balance_transaction_id,
        occurred_date,
        transaction_kind,
        amount,
        fee,
        order_id,
        payment_id
    from {{ ref('fct_balance_transactions') }}
    where
        transaction_kind in ('fee', 'dispute')
        or fee <> 0
),

payments as (
    select
        payment_id,
        order_id,
        fee is not null as has_fee
    from {{ ref('fct_payments') }}
    where payment_id in (select balance_transactions.payment_id from balance_transactions)
),

orders_with_fees as (
    select distinct order_id
    from {{ ref('fct_payments') }}
    where
        fee is not null
        and order_id in (select balance_transactions.order_id from balance_transactions)
),

-- The fee of a charge is there already where its payment says it, or those of its order where none has its number. What
-- a won dispute brings back is a loss below 0.
balance_costs as (
    select
        balance_transactions.balance_transaction_id,
        balance_transactions.occurred_date,
        coalesce(balance_transactions.order_id, payments.order_id) as order_id,
        case
            when balance_transactions.transaction_kind = 'dispute' then 0
            when balance_transactions.transaction_kind = 'fee'
                then coalesce(balance_transactions.fee, 0) - balance_transactions.amount
            when balance_transactions.transaction_kind = 'charge'
                and coalesce(payments.has_fee, orders_with_fees.order_id is not null) then 0
            else balance_transactions.fee
        end as payment_fees,
        case
            when balance_transactions.transaction_kind = 'dispute'
                then coalesce(balance_transactions.fee, 0) - balance_transactions.amount
            else 0
        end as dispute_losses
    from balance_transactions
    left join payments on balance_transactions.payment_id = payments.payment_id
    left join orders_with_fees on balance_transactions.order_id = orders_with_fees.order_id
),

order_ids as (
    select order_id from refunds
    union distinct
    select order_id from balance_costs
),

orders as (
    select
        order_id,
        customer_id,
        channel,
        is_test,
        is_sale_without_goods
    from {{ ref('fct_orders') }}
    where order_id in (select order_ids.order_id from order_ids)
),

entries as (
    select
        'refund' as contribution_kind,
        refunds.refund_id as source_id,
        refunds.order_id,
        refunds.refunded_date as contribution_date,
        -refunds.shipping as shipping_charged,
        cast(0 as bigint) as payment_fees,
        cast(0 as bigint) as dispute_losses
    from refunds
    left join orders on refunds.order_id = orders.order_id
    where
        (refunds.is_counted or coalesce(orders.is_sale_without_goods, false))
        and refunds.shipping <> 0
    union all
    select
        'balance' as contribution_kind,
        balance_transaction_id as source_id,
        order_id,
        occurred_date as contribution_date,
        cast(0 as bigint) as shipping_charged,
        {{ cents('payment_fees') }} as payment_fees,
        {{ cents('dispute_losses') }} as dispute_losses
    from balance_costs
    where
        payment_fees <> 0
        or dispute_losses <> 0
),

lines as (
    select
        order_id,
        line_number,
        product_id,
        {{ cents('net') }} as net,
        {{ cents('cost_amount') }} as goods_cost,
        cast(quantity * 1000 as bigint) as thousandths
    from {{ ref('fct_transactions') }}
    where order_id in (select order_ids.order_id from order_ids)
),

order_items as (
    select
        order_id,
        product_id,
        min(line_number) as line_number,
        {{ sum_if_known('goods_cost') }} as goods_cost,
        sum(thousandths) as thousandths
    from lines
    group by order_id, product_id
),

cancellations as (
    select
        order_id,
        refund_number
    from refund_numbers
    where is_cancellation
),

-- The goods of a cancelled order have come back already, so that none are left for refunds after it.
restocks as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.product_id,
        refunds.refunded_date,
        cast(refunds.units_restocked * 1000 as bigint) as thousandths,
        cast(sum(refunds.units_restocked) over (
            partition by refunds.order_id, refunds.product_id
            order by refund_numbers.refund_number asc nulls last
            rows between unbounded preceding and current row
        ) * 1000 as bigint) as thousandths_until
    from refunds
    inner join refund_numbers on refunds.refund_id = refund_numbers.refund_id
    left join cancellations on refunds.order_id = cancellations.order_id
    where
        refunds.is_counted
        and refunds.units_restocked > 0
        and (cancellations.order_id is null or refund_numbers.refund_number < cancellations.refund_number)
),

-- A cost comes back once: not for more units than were sold.
restocked_items as (
    select
        restocks.refund_id,
        restocks.order_id,
        restocks.product_id,
        restocks.refunded_date,
        order_items.line_number,
        order_items.goods_cost,
        order_items.thousandths,
        least(restocks.thousandths_until, order_items.thousandths) as thousandths_until,
        least(restocks.thousandths_until - restocks.thousandths, order_items.thousandths) as thousandths_before
    from restocks
    inner join order_items
        on restocks.order_id = order_items.order_id and restocks.product_id = order_items.product_id
),

-- What was cancelled has never left: of each line the part of its cost that the cancelled goods are of the order's.
cancelled_lines as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.refunded_date,
        lines.line_number,
        lines.product_id,
        lines.goods_cost,
        refunds.goods,
        refund_numbers.order_goods
    from refunds
    inner join refund_numbers on refunds.refund_id = refund_numbers.refund_id
    inner join lines on refunds.order_id = lines.order_id
    where
        refund_numbers.is_cancellation
        and refunds.is_counted
),

contributions as (
    {{
        split_over_lines(
            'entries',
            'lines',
            ['shipping_charged', 'payment_fees', 'dispute_losses'],
            keep=['contribution_kind', 'source_id', 'contribution_date']
        )
    }}
),

all_contributions as (
    select
        contribution_kind,
        source_id,
        contribution_date,
        order_id,
        line_number,
        product_id,
        shipping_charged,
        payment_fees,
        dispute_losses,
        cast(0 as bigint) as restocked_cost,
        cast(0 as bigint) as uncosted_item_count
    from contributions
    union all
    select
        'restock' as contribution_kind,
        refund_id as source_id,
        refunded_date as contribution_date,
        order_id,
        line_number,
        product_id,
        0 as shipping_charged,
        0 as payment_fees,
        0 as dispute_losses,
        coalesce(
            {{ whole_quotient(wide('goods_cost') ~ ' * ' ~ wide('thousandths_until'), 'thousandths') }}
            - {{ whole_quotient(wide('goods_cost') ~ ' * ' ~ wide('thousandths_before'), 'thousandths') }},
            0
        ) as restocked_cost,
        case when goods_cost is null then 1 else 0 end as uncosted_item_count
    from restocked_items
    union all
    select
        'cancellation' as contribution_kind,
        refund_id as source_id,
        refunded_date as contribution_date,
        order_id,
        line_number,
        product_id,
        0 as shipping_charged,
        0 as payment_fees,
        0 as dispute_losses,
        coalesce({{ whole_quotient(wide('goods_cost') ~ ' * ' ~ wide('goods'), 'order_goods') }}, goods_cost, 0)
            as restocked_cost,
        case when goods_cost is null then 1 else 0 end as uncosted_item_count
    from cancelled_lines
),

contributions_of_orders as (
    select
        all_contributions.contribution_kind,
        all_contributions.source_id,
        all_contributions.contribution_date,
        all_contributions.order_id,
        all_contributions.line_number,
        all_contributions.product_id,
        coalesce(orders.customer_id, 'unknown') as customer_id,
        coalesce(orders.channel, 'unknown') as channel,
        all_contributions.shipping_charged,
        all_contributions.payment_fees,
        all_contributions.dispute_losses,
        all_contributions.restocked_cost,
        all_contributions.uncosted_item_count,
        {{
            row_hash([
                'all_contributions.contribution_kind', 'all_contributions.source_id', 'all_contributions.order_id',
                'all_contributions.line_number', 'all_contributions.product_id', 'orders.customer_id', 'orders.channel',
                'all_contributions.shipping_charged', 'all_contributions.payment_fees',
                'all_contributions.dispute_losses', 'all_contributions.restocked_cost',
                'all_contributions.uncosted_item_count'
            ])
        }} as contribution_hash
    from all_contributions
    left join orders on all_contributions.order_id = orders.order_id
    where not coalesce(orders.is_test, false)
)

select
    cast(contribution_kind as string) as contribution_kind,
    cast(source_id as string) as source_id,
    cast(contribution_date as date) as contribution_date,
    cast(order_id as string) as order_id,
    cast(line_number as bigint) as line_number,
    cast(product_id as string) as product_id,
    cast(customer_id as string) as customer_id,
    cast(channel as string) as channel,
    {{ from_cents('shipping_charged') }} as shipping_charged,
    {{ from_cents('payment_fees') }} as payment_fees,
    {{ from_cents('dispute_losses') }} as dispute_losses,
    {{ from_cents('restocked_cost') }} as restocked_cost,
    cast(uncosted_item_count as bigint) as uncosted_item_count,
    {{ as_signature('sum(contribution_hash) over (partition by contribution_date)') }} as change_number
from contributions_of_orders
