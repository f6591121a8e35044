"""What of a shop's own order lines does not count although it was delivered: told, because nobody would miss it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from load.ledger import Counts
from load.staging import Arrival


def left_out(con: duckdb.DuckDBPyConnection, arrival: Arrival, counts: Counts) -> Iterator[str]:
    """Warn of rows dropped as repeats, and of lines whose order a newer delivery has without their product.

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
    missing = [
        (
            "select order_id, product_id, _delivery_id from raw.order_items as line where not is_current "
            "and order_id in (select order_id from touched_orders) and not exists "
            "(select 1 from raw.order_items as newer where newer.is_current "
            "and newer.order_id = line.order_id and newer.product_id = line.product_id)"
        )
    ]
    if arrival.dataset == "order_lines":
        missing += [
            f"select regexp_replace({key}, '-\\d+$', ''), product_id, _delivery_id from raw.{table} as line "
            f"where not is_current and {key} in (select {key} from affected_{table}) and not exists "
            f"(select 1 from raw.{table} as newer where newer.is_current and newer.{key} = line.{key} "
            "and newer.product_id is not distinct from line.product_id)"
            for table, key in (("returns", "return_id"), ("adjustments", "adjustment_id"))
        ]
    lines, example = con.execute(
        "select count(*), min('product ' || product_id || ' of order ' || order_id || ' in ' || _delivery_id) "
        f"from ({' union all '.join(missing)})"
    ).fetchall()[0]
    if lines:
        yield (
            f"{delivery_id}: {lines:,} lines in other files do not count, because a newer file has their order "
            f"without them, for example {example}. If an order goes on in another file, have it delivered in one"
        )
