"""What of a shop's own order lines does not count although it was delivered: told, because nobody would miss it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from load.ledger import Counts
from load.merging import INVOICES
from load.staging import Arrival


def left_out(con: duckdb.DuckDBPyConnection, arrival: Arrival, counts: Counts) -> Iterator[str]:
    """Warn of rows dropped as repeats, of orders whose lines disagree, and of lines that a newer delivery leaves out.

    Only for lines without a number of their own: there, two equal rows may be two sales, and an order found in two
    files may go on in the second or be corrected by it. Called after the merge, for what the delivery touched.
    """
    if arrival.dataset not in ("order_lines", "order_items") or arrival.key:
        return
    delivery_id = arrival.manifest.delivery_id
    if counts.duplicate:
        yield (
            f"{delivery_id}: {counts.duplicate:,} of {counts.landed:,} rows repeat another one and do not count; "
            f"if they should, say repeated_rows: keep for sources.{arrival.dataset}"
        )
    if arrival.dataset == "order_lines":
        yield from _disagreeing(con, delivery_id)
    yield from _left_behind(con, arrival)


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
            from invoice_lines
            where type = 'sale' and {column} is not null and order_id in (
                select order_id
                from invoice_lines
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
            yield (
                f"{delivery_id}: {counted} not have one {column} in all lines, for example {example} with {named}. The "
                f"first one counts, here {first_one}. If they are several orders, have them numbered apart"
            )


def _left_behind(con: duckdb.DuckDBPyConnection, arrival: Arrival) -> Iterator[str]:
    lines = [("order_items", "order_id", "order_id in (select order_id from touched_orders)")]
    if arrival.dataset == "order_lines":
        lines += [
            (table, INVOICES[table], f"{INVOICES[table]} in (select invoice from touched_invoices)")
            for table in ("returns", "adjustments")
        ]
    touched = " union all ".join(
        f"select {order_id} as order_id, product_id, _delivery_id, is_current from raw.{table} where {is_touched}"
        for table, order_id, is_touched in lines
    )
    found = con.execute(
        f"""
        with lines as ({touched})

        select
            count(*) over (),
            order_id,
            product_id,
            _delivery_id,
            (select min(newer._delivery_id) from lines as newer where is_current and newer.order_id = line.order_id)
        from lines as line
        where not is_current and not exists (
            select 1
            from lines as newer
            where
                newer.is_current
                and newer.order_id = line.order_id
                and newer.product_id is not distinct from line.product_id
        )
        order by order_id, product_id, _delivery_id
        limit 1
        """
    ).fetchone()
    if found:
        number, order_id, product_id, older, newer = found
        file = newer.split("/")[1]
        counted = "1 line does" if number == 1 else f"{number:,} lines do"
        yield (
            f"{arrival.manifest.delivery_id}: {counted} not count, because a newer file has their order "
            f"without them, for example order {order_id}: product {product_id} is in {older}, but not in {newer}. If "
            f"{file} does not correct the order but goes on with it, put all its lines into {file} and run extract "
            "and load again"
        )
