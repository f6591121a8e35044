"""Warnings about delivered lines that do not count: what the model int_uncounted_lines found of the last load."""

from __future__ import annotations

from datetime import datetime

from duckdb import DuckDBPyConnection

from contracts.warning import Kind

UNCOUNTED = """
select
    loaded_delivery_id,
    cast(sum(line_count) as bigint) as line_count,
    min(row(order_id, product_id, lines.delivery_id, counted_delivery_id)) as example
from warehouse.intermediate.int_uncounted_lines as lines
inner join warehouse.raw.load_ledger as ledger on lines.loaded_delivery_id = ledger.delivery_id
where ledger.finished_at > coalesce($since, timestamp '-infinity')
group by loaded_delivery_id
order by loaded_delivery_id
"""


def uncounted_lines(connection: DuckDBPyConnection, since: datetime | None = None) -> tuple[str, ...]:
    """Warn of lines that a newer delivery leaves out of their order, in the attached ``warehouse``.

    An order found in two files may be corrected by the second or go on in it. Only loads after ``since`` count.
    """
    return tuple(
        _warning(loaded, number, *example)
        for loaded, number, example in connection.execute(UNCOUNTED, {"since": since}).fetchall()
    )


def _warning(loaded: str, number: int, order_id: str, product_id: str, older: str, newer: str) -> str:
    file = newer.split("/")[1]
    counted = "1 line is" if number == 1 else f"{number:,} lines are"
    orders = "its order without it" if number == 1 else "their orders without them"
    return Kind.UNCOUNTED_LINES.warning(
        f"{loaded}: {counted} not counted, because a newer file has {orders}, for example order {order_id}: "
        f"product {product_id} is in {older}, but not in {newer}. If {file} does not correct the order but goes on "
        f"with it, put all its lines into {file} and run extract and load again"
    )
