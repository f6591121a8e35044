"""Order numbers that are used again: in another file for another order, and in one file on several days."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.layout import Layout
from contracts.sql_text import identifier
from load.columns import local_day
from load.errors import LoadError
from load.order_lines import line_rules, line_type
from load.raw_tables import Part, RawTables
from load.validation import DeliveryContext

SHOWN = 3
_AMOUNTS = {
    "order_lines": "coalesce(line_total, cast(quantity * unit_price as decimal(38, 2)))",
    "orders": "total_amount",
}


def check_numbers(
    con: duckdb.DuckDBPyConnection,
    client: Client,
    landed: Iterable[Manifest],
    tables: RawTables,
    new: Collection[Part],
) -> None:
    """Raise LoadError where a number of this load is that of another order in another file of the shop.

    The same number with the same moment and customer is a newer version of the order. ``new`` is what this load
    brings; its lines are in ``ledger_lines``.
    """
    known = {name for (name,) in con.execute("select delivery_id from ledger_lines").fetchall()}
    newest = {(one.dataset, one.key): one for one in landed if one.delivery_id in known}
    parts = [*new, *(part for files in tables.parts().values() for part in files)]
    findings = [
        finding
        for dataset, amount in _AMOUNTS.items()
        if (source := client.sources.get(dataset)) and (layout := source.layout)
        for counted in [{one.delivery_id: one for one in newest.values() if one.dataset == dataset}]
        for finding in _used_again(
            con,
            client,
            dataset,
            layout,
            amount,
            [part for part in parts if part.table == dataset and part.delivery_id in counted],
            {part.delivery_id for part in new},
        )
    ]
    if findings:
        raise LoadError(" ".join([*findings, "Nothing of this load was recorded."]))


def _used_again(
    con: duckdb.DuckDBPyConnection,
    client: Client,
    dataset: str,
    layout: Layout,
    amount: str,
    parts: Collection[Part],
    added: Collection[str],
) -> list[str]:
    fresh = [str(part.file) for part in parts if part.delivery_id in added]
    if not fresh or len({part.delivery_id for part in parts}) < 2:
        return []
    kind = line_type(line_rules(client)) if dataset == "order_lines" else "'sale'"
    con.execute(
        f"""
        create or replace temp table order_versions as
        select
            order_id, _delivery_id, any_value(_source_file) as file, min(_line) as line, min(order_at) as order_at,
            min(customer_id) as customer_id, bool_or({kind} = 'sale') as is_sold, sum({amount}) as amount
        from read_parquet($parts)
        where
            order_id in (select order_id from read_parquet($fresh))
            and {kind} <> 'return'  -- a refund of its own day, which takes no order's place
        group by order_id, _delivery_id
        """,
        {"parts": [str(part.file) for part in parts], "fresh": fresh},
    )
    found = con.execute(
        f"""
        select
            one.order_id, one.file, one.line, {_day("one", client)}, one.customer_id, one.amount,
            other.file, other.line, {_day("other", client)}, other.customer_id, other.amount, count(*) over ()
        from order_versions as one
        inner join order_versions as other
            on one.order_id = other.order_id and (one.order_at, one._delivery_id) < (other.order_at, other._delivery_id)
        where
            one.order_at <> other.order_at or one.customer_id <> other.customer_id or one.is_sold <> other.is_sold
        order by one.file, one.line, other.file
        limit {SHOWN}
        """
    ).fetchall()
    con.execute("drop table order_versions")
    if not found:
        return []
    number, total = layout.columns.get("order_id"), found[0][-1]
    named = "; ".join(
        f"order {order_id} in {_place(client, *one)} and in {_place(client, *other)}"
        for order_id, *values in found
        for one, other in [(values[:5], values[5:10])]
    )
    moment = layout.columns.get("order_at")
    example = (
        f"left({identifier(moment)}, 4) || '-' || {identifier(number)}"
        if isinstance(number, str) and isinstance(moment, str)
        else "..."
    )
    more = " ..." if total > SHOWN else ""
    finding = (
        f"sources.{dataset} has {total:,} order numbers that are used again: {named}{more}. A newer version of an "
        "order has the moment and the customer of the older, so that these are two orders, or a return without its "
        f"sale. Say what tells them apart, such as columns: {{order_id: {{sql: {_quoted(example)}}}}} in the client "
        "file, or leave one out by where:."
    )
    return [finding]


def _quoted(sql: str) -> str:
    return '"' + sql.replace('"', '\\"') + '"'


def _day(version: str, client: Client) -> str:
    return f"cast({local_day(f'{version}.order_at', client.time_zone)} as varchar)"


def _place(client: Client, file: str, line: int, day: str, customer: str | None, amount: object) -> str:
    worth = "" if amount is None else f", {amount:,.2f} {client.currency}"
    who = f", customer {customer}" if customer else ""
    return f"{file.rpartition('/')[2]} line {line} ({day}{worth}{who})"


def number_by_day(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Where each day is an order of its own, let ``typed`` have the day in the order's number.

    ``lines`` are those of the delivery, with their ``type``; a return is of the last sale before it.
    """
    if not delivery.has_order_each_day:
        return
    day = local_day("order_at", delivery.client.time_zone)
    con.execute(
        f"""
        create or replace temp table order_days as
        select line, sold.order_id || '/' || coalesce(sale_day, line_day) as order_id
        from (select line, order_id, {day} as line_day from lines) as sold
        asof left join (select distinct order_id, {day} as sale_day from lines where type = 'sale') as sales
            on sold.order_id = sales.order_id and sold.line_day >= sales.sale_day
        """
    )
    for table in ("typed", "lines"):
        named = f"update {table} set order_id = order_days.order_id from order_days"
        con.execute(f"{named} where {table}.line = order_days.line")


def check_days(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Raise LoadError where sale lines of one number are of several days, unless the client file says what that is."""
    source = delivery.source
    if delivery.dataset != "order_lines" or source is None or source.orders_over_days:
        return
    day = local_day("order_at", delivery.client.time_zone)
    found = con.execute(
        f"""
        select order_id, string_agg('line ' || line || ' (' || day || ', ' || amount || ')', ' and ' order by line)
            , count(*) over ()
        from (
            select order_id, {day} as day, min(line) as line, sum({_AMOUNTS["order_lines"]}) as amount
            from lines
            where type = 'sale'
            group by all
        )
        group by order_id
        having count(*) > 1
        order by min(line)
        limit {SHOWN}
        """
    ).fetchall()
    if found:
        total = found[0][-1]
        named = "; ".join(f"order {order_id} in {lines}" for order_id, lines, _ in found)
        raise LoadError(
            f"{delivery.path}: sale lines of {total:,} order numbers are of several days: {named}"
            f"{' ...' if total > SHOWN else ''}. Nothing of this delivery was loaded. Say for sources.order_lines of "
            "the client file orders_over_days: one_order, and each counts whole on its first day, or orders_over_days: "
            "one_a_day, and each day is an order of its own; or tell returns and corrections apart by line_rules."
        )
