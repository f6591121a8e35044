{{
    config(
        materialized='incremental',
        incremental_strategy='replace_days',
        unique_key='order_date',
        on_schema_change='fail',
        meta={'changes_of': 'orders'}
    )
}}

{#- Twice the gross without tax, and a half more, so that the whole quotient is rounded. -#}
{%- set doubled_gross = '2 * cast(gross_cents as decimal(38, 0)) * (rated_cents - rated_tax_cents) + rated_cents' -%}

{%- set dates = affected_dates('orders', 'order_date') %}

{#- The lines of orders whose discount or tax is still to be taken out of them, in whole cents. -#}
with affected_days as (
    {{ affected_days('orders', 'order_date') }}
),

orders as (
    select
        order_id,
        order_discount,
        tax,
        shipping + fees + tips + duties as charges,
        is_tax_inside
    from {{ ref('stg_orders') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

charge_lines as (
    select
        order_id,
        charge_type,
        amount,
        line_tax
    from {{ ref('stg_order_charges') }}
    where {{ in_increment('order_date', 'affected_days', dates=dates) }}
),

order_charges as (
    select
        order_id,
        sum(case when charge_type in ('shipping', 'fee') then amount else 0 end) as charges,
        sum(case when charge_type = 'discount' then amount else 0 end) as discount,
        sum(line_tax) as line_tax
    from charge_lines
    group by order_id
),

-- The lines of all other orders need not be looked at.
adjustable_orders as (
    select
        orders.order_id,
        orders.order_discount + coalesce(order_charges.discount, 0) as discount,
        orders.charges + coalesce(order_charges.charges, 0) as charges,
        orders.tax,
        orders.is_tax_inside,
        coalesce(order_charges.line_tax, 0) as charge_tax
    from orders
    left join order_charges on orders.order_id = order_charges.order_id
    where
        orders.is_tax_inside
        or orders.order_discount + coalesce(order_charges.discount, 0) <> 0
),

lines as (
    select
        order_id,
        line_number,
        order_date,
        gross,
        line_discount,
        line_tax
    from {{ ref('stg_transactions') }}
    where
        {{ in_increment('order_date', 'affected_days', dates=dates) }}
        and order_id in (select adjustable_orders.order_id from adjustable_orders)
),

order_goods as (
    select
        order_id,
        sum(gross - line_discount) as goods,
        sum(line_tax) as line_tax,
        count(*) = count(line_tax) as has_line_taxes
    from lines
    group by order_id
),

order_amounts as (
    select
        orders.order_id,
        least(orders.discount, order_goods.goods) as discount,
        order_goods.goods,
        orders.charges,
        order_goods.has_line_taxes,
        case
            when not orders.is_tax_inside then 0
            when orders.tax <> 0 then orders.tax
            else coalesce(order_goods.line_tax, 0) + orders.charge_tax
        end as tax_inside
    from adjustable_orders as orders
    inner join order_goods on orders.order_id = order_goods.order_id
),

adjusted_orders as (
    select
        order_id,
        has_line_taxes,
        tax_inside <> 0 and not has_line_taxes as is_tax_split,
        cast(discount * 100 as bigint) as discount_cents,
        cast(goods * 100 as bigint) as goods_cents,
        cast(charges * 100 as bigint) as charge_cents,
        cast(tax_inside * 100 as bigint) as tax_cents
    from order_amounts
    where
        discount <> 0
        or tax_inside <> 0
),

-- What discount and tax are split over: the lines, and last what else the order is charged, which has no number.
parts as (
    select
        order_id,
        line_number,
        order_date,
        cast(gross * 100 as bigint) as gross_cents,
        cast((gross - line_discount) * 100 as bigint) as left_cents,
        cast(line_tax * 100 as bigint) as line_tax_cents
    from lines
    union all
    select
        order_id,
        null as line_number,
        null as order_date,
        0 as gross_cents,
        0 as left_cents,
        0 as line_tax_cents
    from adjusted_orders
    where is_tax_split
),

-- Each line's part of the order discount, by what its own discount leaves of it: so never beyond that.
discount_floors as (
    select
        parts.order_id,
        parts.line_number,
        parts.order_date,
        parts.gross_cents,
        parts.left_cents,
        parts.line_tax_cents,
        adjusted_orders.is_tax_split,
        adjusted_orders.discount_cents,
        adjusted_orders.goods_cents,
        adjusted_orders.charge_cents,
        adjusted_orders.tax_cents,
        -- 10 million off 100 million, in rupiah an ordinary order, multiply to 10^19 cents: beyond a bigint.
        cast(adjusted_orders.discount_cents as decimal(38, 0)) * parts.left_cents as dividend,
        coalesce({{ whole_quotient('dividend', 'adjusted_orders.goods_cents') }}, 0) as floor_cents
    from parts
    inner join adjusted_orders on parts.order_id = adjusted_orders.order_id
),

-- The cents lost by rounding down go to the lines that lost most.
discount_ranks as (
    select
        order_id,
        line_number,
        order_date,
        gross_cents,
        left_cents,
        line_tax_cents,
        is_tax_split,
        goods_cents - discount_cents as goods_paid_cents,
        charge_cents,
        tax_cents,
        floor_cents,
        discount_cents - sum(floor_cents) over (
            {{ by_loss('dividend', 'goods_cents') }} rows between unbounded preceding and unbounded following
        ) as missing_cents,
        row_number() over ({{ by_loss('dividend', 'goods_cents') }}) as remainder_rank
    from discount_floors
),

paid_parts as (
    select
        order_id,
        line_number,
        order_date,
        gross_cents,
        line_tax_cents,
        is_tax_split,
        goods_paid_cents,
        goods_paid_cents + charge_cents as order_paid_cents,
        tax_cents,
        floor_cents + case when remainder_rank <= missing_cents then 1 else 0 end as order_discount_cents,
        case
            when line_number is null then charge_cents
            else left_cents - floor_cents - case when remainder_rank <= missing_cents then 1 else 0 end
        end as paid_cents
    from discount_ranks
),

tax_quotients as (
    select
        order_id,
        line_number,
        order_date,
        gross_cents,
        line_tax_cents,
        is_tax_split,
        goods_paid_cents,
        order_paid_cents,
        order_discount_cents,
        paid_cents,
        tax_cents,
        cast(tax_cents as decimal(38, 0)) * paid_cents as dividend,
        coalesce({{ whole_quotient('cast(tax_cents as decimal(38, 0)) * paid_cents', 'order_paid_cents') }}, 0)
            as quotient_cents
    from paid_parts
),

-- The part of a credit is below 0, where the whole quotient is above what is to be rounded down to.
tax_floors as (
    select
        order_id,
        line_number,
        order_date,
        gross_cents,
        line_tax_cents,
        is_tax_split,
        goods_paid_cents,
        order_paid_cents,
        order_discount_cents,
        paid_cents,
        tax_cents,
        dividend,
        case
            when cast(quotient_cents as decimal(38, 0)) * order_paid_cents > dividend then quotient_cents - 1
            else quotient_cents
        end as floor_cents
    from tax_quotients
),

tax_ranks as (
    select
        order_id,
        line_number,
        order_date,
        gross_cents,
        line_tax_cents,
        is_tax_split,
        tax_cents <> 0 as has_tax_inside,
        goods_paid_cents,
        order_discount_cents,
        paid_cents,
        floor_cents,
        tax_cents - sum(floor_cents) over (
            {{ by_loss('dividend', 'order_paid_cents') }} rows between unbounded preceding and unbounded following
        ) as missing_cents,
        row_number() over ({{ by_loss('dividend', 'order_paid_cents') }}) as remainder_rank
    from tax_floors
),

taxed_lines as (
    select
        order_id,
        line_number,
        order_date,
        gross_cents,
        is_tax_split,
        goods_paid_cents,
        order_discount_cents,
        paid_cents,
        case
            when is_tax_split then floor_cents + case when remainder_rank <= missing_cents then 1 else 0 end
            when has_tax_inside then line_tax_cents
            else 0
        end as tax_cents
    from tax_ranks
    where line_number is not null
),

-- A line that a discount took wholly has the rate of its order.
untaxed_lines as (
    select
        order_id,
        line_number,
        order_date,
        gross_cents,
        order_discount_cents,
        paid_cents,
        tax_cents,
        is_tax_split,
        case when paid_cents = 0 then goods_paid_cents else paid_cents end as rated_cents,
        case when paid_cents = 0 then sum(tax_cents) over (partition by order_id) else tax_cents end as rated_tax_cents
    from taxed_lines
),

line_amounts as (
    select
        order_id,
        line_number,
        order_date,
        is_tax_split,
        cast(order_discount_cents as decimal(18, 0)) * 0.01 as order_discount,
        cast(tax_cents as decimal(18, 0)) * 0.01 as tax_inside,
        cast(paid_cents - tax_cents as decimal(18, 0)) * 0.01 as net,
        cast(
            case
                when rated_tax_cents = 0 or rated_cents = 0 then gross_cents
                else {{ whole_quotient(doubled_gross, '2 * rated_cents') }}
            end as decimal(18, 0)
        ) * 0.01 as gross
    from untaxed_lines
)

select
    cast(line_amounts.order_id as string) as order_id,
    cast(line_amounts.line_number as bigint) as line_number,
    cast(line_amounts.order_date as date) as order_date,
    cast(line_amounts.gross as decimal(18, 2)) as gross,
    cast(line_amounts.gross - line_amounts.net as decimal(18, 2)) as discount,
    cast(line_amounts.net as decimal(18, 2)) as net,
    cast(line_amounts.order_discount as decimal(18, 2)) as order_discount,
    cast(line_amounts.tax_inside as decimal(18, 2)) as tax_inside,
    cast(line_amounts.is_tax_split as boolean) as is_tax_split,
    cast(affected_days.change_number as bigint) as change_number
from line_amounts
left join affected_days on line_amounts.order_date = affected_days.order_date
