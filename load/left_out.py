"""What of a shop's own order lines does not count although it was delivered: told, because nobody would miss it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from load.ledger import Counts
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
    missing = [
        (
            "select order_id, product_id, _delivery_id as older, "
            "(select min(_delivery_id) from raw.order_items as newer where newer.is_current "
            "and newer.order_id = line.order_id) as newer "
            "from raw.order_items as line where not is_current "
            "and order_id in (select order_id from touched_orders) and not exists "
            "(select 1 from raw.order_items as newer where newer.is_current "
            "and newer.order_id = line.order_id and newer.product_id = line.product_id)"
        )
    ]
    if arrival.dataset == "order_lines":
        missing += [
            f"select regexp_replace({key}, '-\\d+$', ''), line.product_id, line._delivery_id, newer._delivery_id "
            f"from raw.{table} as line inner join raw.{table} as newer using ({key}) "
            f"where not line.is_current and newer.is_current and {key} in (select {key} from affected_{table}) "
            "and newer.product_id is distinct from line.product_id"
            for table, key in (("returns", "return_id"), ("adjustments", "adjustment_id"))
        ]
    found = con.execute(
        "select count(*) over (), order_id, product_id, older, newer "
        f"from ({' union all '.join(missing)}) order by order_id, product_id, older limit 1"
    ).fetchone()
    if found:
        lines, order_id, product_id, older, newer = found
        file = newer.split("/")[1]
        counted = "1 line does" if lines == 1 else f"{lines:,} lines do"
        yield (
            f"{arrival.manifest.delivery_id}: {counted} not count, because a newer file has their order "
            f"without them, for example order {order_id}: product {product_id} is in {older}, but not in {newer}. If "
            f"{file} does not correct the order but goes on with it, put all its lines into {file} and run extract "
            "and load again"
        )
