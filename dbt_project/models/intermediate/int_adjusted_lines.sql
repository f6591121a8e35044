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
    where {{ in_increment('order_date', 'affected_days') }}
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
    where {{ in_increment('order_date', 'affected_days') }}
),

charge_lines as (
    select
        order_id,
        charge_type,
        amount,
        line_tax
    from {{ ref('stg_order_charges') }}
    where {{ in_increment('order_date', 'affected_days') }}
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
        least(orders.order_discount + coalesce(order_charges.discount, 0), order_goods.goods) as discount,
        order_goods.goods,
        orders.charges + coalesce(order_charges.charges, 0) as charges,
        order_goods.has_line_taxes,
        case
            when not orders.is_tax_inside then 0
            when orders.tax <> 0 then orders.tax
            else coalesce(order_goods.line_tax, 0) + coalesce(order_charges.line_tax, 0)
        end as tax_inside
    from orders
    inner join order_goods on orders.order_id = order_goods.order_id
    left join order_charges on orders.order_id = order_charges.order_id
),

adjusted_orders as (
    select
        order_id,
        has_line_taxes,
        cast(discount * 100 as bigint) as discount_cents,
        cast(goods * 100 as bigint) as goods_cents,
        cast(charges * 100 as bigint) as charge_cents,
        cast(tax_inside * 100 as bigint) as tax_cents
    from order_amounts
    where
        discount <> 0
        or tax_inside <> 0
),

adjusted_lines as (
    select
        lines.order_id,
        lines.line_number,
        lines.order_date,
        cast(lines.gross * 100 as bigint) as gross_cents,
        cast((lines.gross - lines.line_discount) * 100 as bigint) as left_cents,
        cast(lines.line_tax * 100 as bigint) as line_tax_cents,
        adjusted_orders.has_line_taxes,
        adjusted_orders.discount_cents,
        adjusted_orders.goods_cents,
        adjusted_orders.charge_cents,
        adjusted_orders.tax_cents
    from lines
    inner join adjusted_orders on lines.order_id = adjusted_orders.order_id
),

-- Each line's part of the order discount, by what its own discount leaves of it: so never beyond that.
discount_floors as (
    select
        order_id,
        line_number,
        left_cents,
        discount_cents,
        goods_cents,
        -- 10 million off 100 million, in rupiah an ordinary order, multiply to 10^19 cents: beyond a bigint.
        coalesce({{ whole_quotient('cast(discount_cents as decimal(38, 0)) * left_cents', 'goods_cents') }}, 0)
            as floor_cents
    from adjusted_lines
),

-- The cents lost by rounding down go to the lines that lost most; the line number decides between equals.
discount_ranks as (
    select
        order_id,
        line_number,
        floor_cents,
        discount_cents - sum(floor_cents) over (partition by order_id) as missing_cents,
        row_number() over (
            partition by order_id
            order by
                cast(discount_cents as decimal(38, 0)) * left_cents
                - cast(floor_cents as decimal(38, 0)) * goods_cents desc nulls last,
                line_number asc nulls last
        ) as remainder_rank
    from discount_floors
),

discounts as (
    select
        order_id,
        line_number,
        floor_cents + case when remainder_rank <= missing_cents then 1 else 0 end as discount_cents
    from discount_ranks
),

-- What the tax is split over: the lines as paid, and last what else the order is charged.
taxed_parts as (
    select
        adjusted_lines.order_id,
        adjusted_lines.line_number,
        adjusted_lines.left_cents - discounts.discount_cents as paid_cents,
        adjusted_lines.tax_cents
    from adjusted_lines
    inner join discounts
        on
            adjusted_lines.order_id = discounts.order_id
            and adjusted_lines.line_number = discounts.line_number
    where
        adjusted_lines.tax_cents <> 0
        and not adjusted_lines.has_line_taxes
    union all
    select
        order_id,
        null as line_number,
        charge_cents as paid_cents,
        tax_cents
    from adjusted_orders
    where
        tax_cents <> 0
        and not has_line_taxes
),

tax_totals as (
    select
        order_id,
        line_number,
        paid_cents,
        tax_cents,
        sum(paid_cents) over (partition by order_id) as order_cents
    from taxed_parts
),

tax_quotients as (
    select
        order_id,
        line_number,
        paid_cents,
        tax_cents,
        order_cents,
        coalesce({{ whole_quotient('cast(tax_cents as decimal(38, 0)) * paid_cents', 'order_cents') }}, 0)
            as quotient_cents
    from tax_totals
),

-- The part of a credit is below 0, where the whole quotient is above what is to be rounded down to.
tax_floors as (
    select
        order_id,
        line_number,
        paid_cents,
        tax_cents,
        order_cents,
        case
            when
                cast(quotient_cents as decimal(38, 0)) * order_cents > cast(tax_cents as decimal(38, 0)) * paid_cents
                then quotient_cents - 1
            else quotient_cents
        end as floor_cents
    from tax_quotients
),

tax_ranks as (
    select
        order_id,
        line_number,
        floor_cents,
        tax_cents - sum(floor_cents) over (partition by order_id) as missing_cents,
        row_number() over (
            partition by order_id
            order by
                cast(tax_cents as decimal(38, 0)) * paid_cents
                - cast(floor_cents as decimal(38, 0)) * order_cents desc nulls last,
                line_number asc nulls last
        ) as remainder_rank
    from tax_floors
),

taxes as (
    select
        order_id,
        line_number,
        floor_cents + case when remainder_rank <= missing_cents then 1 else 0 end as tax_cents
    from tax_ranks
    where line_number is not null
),

taxed_lines as (
    select
        adjusted_lines.order_id,
        adjusted_lines.line_number,
        adjusted_lines.order_date,
        adjusted_lines.gross_cents,
        discounts.discount_cents as order_discount_cents,
        adjusted_lines.left_cents - discounts.discount_cents as paid_cents,
        case
            when adjusted_lines.tax_cents = 0 then 0
            when adjusted_lines.has_line_taxes then adjusted_lines.line_tax_cents
            else taxes.tax_cents
        end as tax_cents,
        adjusted_lines.tax_cents <> 0 and not adjusted_lines.has_line_taxes as is_tax_split
    from adjusted_lines
    inner join discounts
        on
            adjusted_lines.order_id = discounts.order_id
            and adjusted_lines.line_number = discounts.line_number
    left join taxes
        on
            adjusted_lines.order_id = taxes.order_id
            and adjusted_lines.line_number = taxes.line_number
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
        case when paid_cents = 0 then sum(paid_cents) over (partition by order_id) else paid_cents end as rated_cents,
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
