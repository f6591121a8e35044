"""Warnings about refunds of the last loads whose order nobody delivers."""

from __future__ import annotations

from datetime import datetime

from duckdb import DuckDBPyConnection

from contracts.warning import Kind

WITHOUT_ORDER = """
select count(*), sum(refunds.refund_amount), min(row(refunds.refund_id, refunds.order_id, refunds.refunded_date))
from warehouse.intermediate.int_refunds as refunds
where
    refunds.order_id is not null
    and not refunds.has_order
    and refunds.refund_id in (
        select refund_id from warehouse.raw.refunds where _loaded_at > $since
        union all
        select return_id from warehouse.raw.returns where _loaded_at > $since
    )
"""


def refunds_without_order(connection: DuckDBPyConnection, since: datetime | None = None) -> tuple[str, ...]:
    """Warn of refunds of the loads after ``since`` that name an order which is not in the attached ``warehouse``."""
    parameters = {"since": since or datetime.min}  # noqa: DTZ901, DuckDB keeps UTC without an offset
    number, money, example = connection.execute(WITHOUT_ORDER, parameters).fetchall()[0]
    if not number:
        return ()
    refund_id, order_id, day = example.values() if isinstance(example, dict) else example
    are = "1 refund names an order that is" if number == 1 else f"{number:,} refunds name orders that are"
    return (
        Kind.REFUNDS_WITHOUT_ORDER.warning(
            f"{are} not delivered, {money:,.2f} in all, for example {refund_id} of order {order_id} on {day}: what the "
            "source does not say to be tax, shipping or other counts as goods on the day of the refund. That is right "
            "for orders older than the data; else deliver the orders, or correct order_id"
        ),
    )
