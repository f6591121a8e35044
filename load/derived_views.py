"""Views beside the tables of raw that verify and the books read: what counts, added up without the models."""

from __future__ import annotations

from pathlib import Path

from contracts.client_file import Client
from contracts.dataset import AMOUNT, SIGNED_AMOUNT
from contracts.datasets.orders import TOTALS
from contracts.datasets.payments import IS_CAPTURE
from contracts.datasets.products import CHARGES
from contracts.sql_text import literal
from load.columns import PRICE, local_day
from load.dated_datasets import MONEY
from load.order_lines import delivers_refunds, line_rules, line_type, product_type

COLUMN_CHANGES = Path(__file__).with_name("column_changes.sql")


def derived_views(client: Client, business_date: str = "(select business_date from raw.client)") -> str:
    """What verify and the books read beside the tables, without the models, in the client's currency.

    ``raw.order_totals`` has what each order that counts comes to; its goods and discount contain the tax where the
    order's prices do. What is of a later day than ``business_date``, SQL for a day, waits until that is whole.
    """
    rules = line_rules(client)
    day = local_day("invoice_at", client.time_zone)
    cancelled_day = local_day("cancelled_at", client.time_zone)
    inside = str(client.tax == "inside").lower()
    is_placed, moment = client.order_day == "created", f"{client.order_day}_at"
    days = ("order_date", "min(order_date)")
    if not is_placed:  # null, and so of no day yet, for an order without that date
        of_lines = f"arg_min({moment}, _line) filter (where {moment} is not null)"
        days = (local_day(moment, client.time_zone), local_day(of_lines, client.time_zone))
    rate, has_rate = (
        (_RATE.format(own=literal(client.currency)), "where exchange_rate is not null")
        if "exchange_rates" in client.sources
        else ("1", "")
    )
    needs_order = bool(has_rate) or not is_placed
    amounts = ", ".join(
        f"cast({given} * exchange_rate as decimal(18, 2)) as {name}"
        for name in OF_ORDERS
        for given in [name if name == "total_amount" else f"coalesce({name}, 0)"]
    )
    return f"""
        create or replace view raw.column_changes as {COLUMN_CHANGES.read_text(encoding="utf-8")};
        create or replace view raw.current_lines as
        select *, {day} as order_date
        from (
            select
                *,
                case when type = 'return' then order_at
                    else min(order_at) over (partition by order_id, type = 'return') end as invoice_at
            from (select *, {line_type(rules)} as type from raw.order_lines where is_current)
        );
        create or replace view raw.current_orders as
        with orders as (
            select
                order_id, {days[0]} as order_date, order_date as placed_date, status, currency,
                tax_inside, is_test, cancelled_at, {", ".join(OF_ORDERS)}
            from raw.orders
            where is_current
            union all
            select order_id, {days[1]}, min(order_date), arg_min(status, _line), {_OF_LINES}
            from raw.current_lines
            where type = 'sale'
            group by order_id
        ),
        rated as (select *, {rate} as exchange_rate from orders where order_date <= {business_date})
        select
            order_id, order_date, {cancelled_day} as cancelled_date,
            case when cancelled_date <= {business_date} then 'cancelled' else status end as status,
            coalesce(tax_inside, {inside}) as tax_inside,
            coalesce(is_test, false) as is_test, exchange_rate, {amounts}
        from rated {has_rate};
        create or replace view raw.transactions as
        with sold as (
            select order_id, product_id, line_total, quantity, unit_price, discount_amount, line_tax_amount, order_date
            from raw.order_items
            where is_current
            union all
            select order_id, product_id, line_total, quantity, unit_price, discount_amount, line_tax_amount, order_date
            from raw.current_lines
            where type = 'sale'
            {_PAID_ORDERS if client.order_value == "payments" else ""}
        )
        select
            sold.order_id, product_id, quantity, unit_price, {"sold" if is_placed else "orders"}.order_date,
            nullif({_charge(client)}, 'goods') as charge_type,
            {_in_client_currency(PRICE, has_rate)} as gross,
            {_in_client_currency("sold.discount_amount", has_rate)} as discount_amount,
            {_in_client_currency("line_tax_amount", has_rate)} as line_tax_amount
        from sold {"left join raw.current_orders as orders on sold.order_id = orders.order_id" if needs_order else ""}
        where {"sold" if is_placed else "orders"}.order_date is null
            or {"sold" if is_placed else "orders"}.order_date <= {business_date};
        create or replace view raw.order_totals as
        with lines as (
            select
                order_id, count(*) filter (where charge_type is null) as item_count,
                count(*) filter (where charge_type in ('shipping', 'fee')) as charge_count,
                sum(gross) filter (where charge_type is null) as gross,
                sum(least(discount_amount, gross)) filter (where charge_type is null) as line_discount,
                coalesce(sum(-gross) filter (where charge_type = 'discount'), 0) as discount_lines,
                coalesce(sum(gross - discount_amount) filter (where charge_type <> 'discount'), 0) as charges,
                coalesce(sum(line_tax_amount), 0) as line_tax,
                coalesce(sum(gross - discount_amount) filter (where charge_type in ('shipping', 'fee')), 0)
                    as line_charges,
                count(*) filter (where charge_type is null and gross > discount_amount) as paid_lines,
                count(*) filter (where charge_type is null and line_tax_amount is null) as lines_without_tax
            from raw.transactions
            group by order_id
        ),
        sums as (
            select
                orders.order_id, order_date, status, is_test, tax_inside, coalesce(item_count, 0) as item_count,
                coalesce(charge_count, 0) as charge_count, coalesce(gross, 0) as gross,
                case when tax_amount <> 0 then tax_amount else coalesce(line_tax, 0) end as tax,
                coalesce(line_discount + least(orders.discount_amount + discount_lines, gross - line_discount), 0)
                    as discount,
                coalesce(paid_lines, 0) as paid_lines, coalesce(lines_without_tax, 0) as lines_without_tax,
                shipping_amount + fee_amount + tip_amount + duty_amount + coalesce(line_charges, 0) as taxed_charges,
                shipping_amount + fee_amount + tip_amount + duty_amount + rounding_amount - credit_amount
                + coalesce(charges, 0) as charges
            from raw.current_orders as orders
            left join lines on orders.order_id = lines.order_id
        )
        select *, gross - discount + charges + case when tax_inside then 0 else tax end as total from sums;
        create or replace view raw.current_balance_transactions as
        select
            *, coalesce(net_amount, amount - fee_amount) as net,
            case when kind = 'payout' then coalesce(payout_id, balance_transaction_id) else payout_id end as payout
        from raw.balance_transactions
        where is_current and occurred_date <= {business_date};
        create or replace view raw.current_refunds as
        select * from ({_refunds(client, has_rate)}) where refunded_date <= {business_date}
    """


# Amounts that an order has once.
OF_ORDERS = (
    *("discount_amount", "tax_amount", "shipping_amount"),
    *(column.name for column in TOTALS if column.kind in (AMOUNT, SIGNED_AMOUNT)),
)
_RATE = """
    case
        when coalesce(currency, {own}) = {own} then 1
        else (
            select arg_max(rate, rate_date)
            from raw.exchange_rates as rates
            where
                is_current and rates.currency = orders.currency
                and rate_date between orders.placed_date - 7 and orders.placed_date
        )
    end
"""


def _refunds(client: Client, has_rate: str) -> str:
    """SQL for all money paid back, whatever delivers it, at the rate of its order; payments where nothing else does."""
    paid_day = local_day("paid_at", client.time_zone)
    payments = f"""
        union all
        select coalesce({paid_day}, order_date), payments.order_id, null, payments.amount
        from raw.payments as payments
        inner join raw.current_orders as orders on payments.order_id = orders.order_id
        where payments.is_current and payments.kind = 'refund' and payments.status = 'succeeded'
    """
    delivered = f"""
        select refunded_date, order_id, quantity, {MONEY["refunds"]} as refund_amount
        from raw.refunds
        where is_current
        union all
        select returned_date, order_id, quantity, refund_amount from raw.returns where is_current
        union all
        select order_date, order_id, -quantity, -{PRICE} - abs(discount_amount){_tax_on_top(client)}
        from raw.current_lines as lines
        where type = 'return'
        {"" if delivers_refunds(client) else payments}
        {_CANCELLATIONS if client.cancelled == "reversed" else ""}
    """
    if not has_rate and client.order_day == "created":
        return delivered
    # One of an order that waits, for a rate of its currency or for the date that it counts on, waits with it.
    return f"""
        select
            refunded_date, refunds.order_id, quantity,
            {_in_client_currency("refund_amount", has_rate)} as refund_amount
        from ({delivered}) as refunds
        left join raw.current_orders as orders on refunds.order_id = orders.order_id
        where orders.order_id is not null or not exists (
            select 1 from (
                select order_id from raw.orders where is_current
                union all
                select order_id from raw.current_lines where type = 'sale'
            ) as waiting
            where waiting.order_id = refunds.order_id
        )
    """


def _tax_on_top(client: Client) -> str:
    """SQL for the tax that goes back with a returned line whose price does not contain it."""
    source = client.sources.get("order_lines")
    if not (source and source.layout and "line_tax_amount" in source.layout.given):
        return ""
    own = "select tax_inside from raw.current_orders as orders where orders.order_id = lines.order_id"
    inside = f"coalesce(({own}), tax_inside, {client.tax == 'inside'})"
    return f" + case when {inside} then 0 else abs(coalesce(line_tax_amount, 0)) end"


def _in_client_currency(amount: str, has_rate: str) -> str:
    return f"cast({amount} * coalesce(exchange_rate, 1) as decimal(18, 2))" if has_rate else amount


_OF_LINES = ", ".join(
    f"arg_min({name}, _line) filter (where {name} is not null)"
    for name in ("currency", "tax_inside", "is_test", "cancelled_at", "order_discount_amount", *OF_ORDERS[1:])
)


def _charge(client: Client) -> str:
    """SQL for what a sold line is that is no goods: by the products that are delivered, else by the rules."""
    charges = ", ".join(map(literal, CHARGES))
    if "products" in client.sources:
        found = f"select product_type from raw.products as kinds where is_current and product_type in ({charges})"
        return f"coalesce(({found} and kinds.product_id = sold.product_id), 'goods')"
    source = client.sources.get("order_lines") or client.sources.get("order_items")
    layout = source.layout if source else None
    kind = product_type(layout.product_rules if layout else ())
    return f"case when {kind} in ({charges}) then {kind} else 'goods' end"


# What takes a cancelled order's goods back moves no money.
_CANCELLATIONS = """
    union all
    select cancelled_date, order_id, null, 0 from raw.current_orders where cancelled_date is not null
"""
# One item an order, worth what was paid, where orders are delivered without items.
_PAID_ORDERS = f"""
    union all
    select orders.order_id, 'unspecified', null, 1, cast(paid.amount as decimal(18, 4)), 0, null, orders.order_date
    from raw.current_orders as orders
    inner join (
        select order_id, sum(amount) as amount from raw.payments where is_current and {IS_CAPTURE} group by all
    ) as paid on orders.order_id = paid.order_id
"""
