"""Warnings about delivered order lines that are not counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from clients.config import Client
from landing.contract import Manifest
from load.ledger import Counts
from load.raw_views import INVOICES
from load.staging import Arrival


def questionable_lines(con: duckdb.DuckDBPyConnection, arrival: Arrival, counts: Counts) -> Iterator[str]:
    """Warn of rows of one delivery that were dropped as repeats, and of orders whose lines disagree.

    Only for lines without a number of their own: there, two equal rows may be two sales.
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


def uncounted_lines(con: duckdb.DuckDBPyConnection, client: Client, loaded: Sequence[Manifest]) -> Iterator[str]:
    """Warn of lines that a newer delivery leaves out of their order, of the orders that were loaded now.

    An order found in two files may be corrected by the second or go on in it. Called once ``raw`` shows the load.
    """
    for dataset in ("order_lines", "order_items"):
        deliveries = [one.delivery_id for one in loaded if one.dataset == dataset]
        source = client.sources.get(dataset)
        layout = source.layout if source else None
        if deliveries and layout and not {"order_id", "line_number"} <= {*layout.columns}:
            yield from _uncounted_lines(con, dataset, deliveries)


def _uncounted_lines(con: duckdb.DuckDBPyConnection, dataset: str, deliveries: Sequence[str]) -> Iterator[str]:
    tables = ("order_items", "returns", "adjustments") if dataset == "order_lines" else ("order_items",)
    lines = " union all ".join(
        f"select {INVOICES[table]} as order_id, product_id, _delivery_id, is_current from raw.{table} "
        f"where starts_with(_delivery_id, '{dataset}/')"
        for table in tables
    )
    found = con.execute(
        f"""
        with lines as ({lines}),

        touched as (
            select order_id, max(_delivery_id) as loaded
            from lines
            where list_contains(?, _delivery_id)
            group by order_id
        ),

        current_lines as (
            select order_id, product_id, _delivery_id from lines where is_current
        )

        select
            touched.loaded,
            count(*) over (partition by touched.loaded),
            line.order_id,
            line.product_id,
            line._delivery_id,
            (select min(newer._delivery_id) from current_lines as newer where newer.order_id = line.order_id)
        from lines as line
        inner join touched on line.order_id = touched.order_id
        where not line.is_current and not exists (
            select 1
            from current_lines as newer
            where newer.order_id = line.order_id and newer.product_id is not distinct from line.product_id
        )
        qualify
            row_number() over (
                partition by touched.loaded order by line.order_id, line.product_id, line._delivery_id
            ) = 1
        order by touched.loaded
        """,
        [[*deliveries]],
    ).fetchall()
    for loaded, number, order_id, product_id, older, newer in found:
        file = newer.split("/")[1]
        counted = "1 line is" if number == 1 else f"{number:,} lines are"
        orders = "its order without it" if number == 1 else "their orders without them"
        yield (
            f"{loaded}: {counted} not counted, because a newer file has {orders}, for example order {order_id}: "
            f"product {product_id} is in {older}, but not in {newer}. If {file} does not correct the order but goes on "
            f"with it, put all its lines into {file} and run extract and load again"
        )
