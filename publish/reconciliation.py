"""Sales and refunds computed three times: from raw rows, from the facts, from the daily mart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from duckdb import DuckDBPyConnection

from publish.errors import PublishError

# Written against raw alone, not taken from the models: an error in a model must not be in its check as well.
RAW = """
with items as (
    select
        order_id,
        sum(cast(quantity * unit_price as decimal(18, 2))) as gross,
        sum(discount_amount) as line_discount
    from warehouse.raw.transactions
    group by order_id
),
captures as (
    select order_id, sum(amount) as captured
    from warehouse.raw.payments
    where is_current and status = 'succeeded'
    group by order_id
),
orders as (
    select
        coalesce(items.gross, 0) as gross,
        case when items.order_id is null then 0 else items.line_discount + orders.discount_amount end as discount,
        orders.tax_amount + orders.shipping_amount as charges,
        coalesce(captures.captured, 0) as captured
    from warehouse.raw.orders as orders
    left join items on orders.order_id = items.order_id
    left join captures on orders.order_id = captures.order_id
    where orders.is_current and orders.status <> 'cancelled'
),
sales as (
    select gross, discount
    from orders
    where
        captured > 0
        or captured >= gross - discount + charges
        or not (select has_payments from warehouse.raw.client)
)
select
    count(*), coalesce(sum(gross), 0), coalesce(sum(discount), 0), coalesce(sum(gross - discount), 0),
    (select coalesce(sum(refund_amount), 0) from warehouse.raw.returns where is_current)
from sales
"""
CORE = """
select
    (select count(*) from warehouse.core.fct_orders where is_sale),
    coalesce(sum(gross), 0), coalesce(sum(discount), 0), coalesce(sum(net), 0),
    (select coalesce(sum(refund), 0) from warehouse.core.fct_returns)
from warehouse.core.fct_transactions
where is_sale
"""
MART = """
select
    coalesce(sum(order_count), 0), coalesce(sum(gross), 0), coalesce(sum(discount), 0), coalesce(sum(net), 0),
    coalesce(sum(refunds), 0)
from warehouse.marts.mart_daily_sales
"""
MEASURES = ("order_count", "gross", "discount", "net", "refunds")


@dataclass(frozen=True)
class Reconciled:
    """One measure in the three layers."""

    measure: str
    raw: Decimal
    core: Decimal
    mart: Decimal


def reconcile(connection: DuckDBPyConnection) -> tuple[Reconciled, ...]:
    """The totals of the attached ``warehouse`` in raw, core and mart; raises PublishError unless they are equal."""
    layers = [[Decimal(value) for value in connection.execute(query).fetchall()[0]] for query in (RAW, CORE, MART)]
    totals = tuple(Reconciled(*row) for row in zip(MEASURES, *layers, strict=True))
    unequal = [
        f"{total.measure} is {total.raw} in raw, {total.core} in core and {total.mart} in marts.mart_daily_sales"
        for total in totals
        if not total.raw == total.core == total.mart
    ]
    if unequal:
        raise PublishError(
            "; ".join(unequal),
            expected="the same totals in every layer",
            next_step="Run `sales build --full-refresh`; if they still differ, a model loses or repeats rows.",
        )
    return totals
