"""Warnings about lines of one delivery that are not counted, or may count otherwise than they are meant."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from contracts.warning import Kind
from load.ledger import Counts
from load.validation import DeliveryContext


def questionable_lines(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, counts: Counts) -> Iterator[str]:
    """Warn of rows of one delivery that were dropped as repeats, and of orders whose lines disagree.

    Only for lines without a number of their own: there, two equal rows may be two sales.
    """
    if delivery.dataset not in ("order_lines", "order_items") or delivery.key:
        return
    delivery_id = delivery.manifest.delivery_id
    if counts.duplicate:
        yield Kind.REPEATED_ROWS.warning(
            f"{delivery_id}: {counts.duplicate:,} of {counts.landed:,} rows repeat another one and do not count; "
            f"if they should, say repeated_rows: keep for sources.{delivery.dataset}"
        )
    if delivery.dataset == "order_lines":
        yield from _disagreeing(con, delivery_id)


def _disagreeing(con: duckdb.DuckDBPyConnection, delivery_id: str) -> Iterator[str]:
    """Warn of orders whose lines name two customers or states; an order has the first one."""
    for column in ("customer_id", "status"):
        found = con.execute(
            f"""
            select
                order_id,
                first({column} order by line) as first_one,
                string_agg(distinct {column}, ', ' order by {column}) as named,
                count(*) over () as orders
            from lines
            where type = 'sale' and {column} is not null and order_id in (
                select order_id
                from lines
                where type = 'sale'
                group by order_id
                having min({column}) <> max({column})
            )
            group by order_id
            order by min(line)
            limit 1
            """
        ).fetchone()
        if found:
            example, first_one, named, orders = found
            counted = "1 order does" if orders == 1 else f"{orders:,} orders do"
            yield Kind.DISAGREEING_LINES.warning(
                f"{delivery_id}: {counted} not have one {column} in all lines, for example {example} with {named}. The "
                f"first one counts, here {first_one}. If they are several orders, have them numbered apart"
            )
