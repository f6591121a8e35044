"""What must hold of raw by itself; each check is a function that yields what it finds wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.deliveries import Manifest
from contracts.printable import one_line
from contracts.sql_text import literal
from load.dated_datasets import DATED, MONEY
from load.look_ups import as_loaded
from load.order_lines import REFUNDS
from load.raw_tables import Part
from load.raw_views import NATURAL_KEYS

# A refund may be of an order from before all that is delivered; publish warns of those.
FOREIGN_KEYS = (
    *(
        (name, column, parent)
        for name, dataset in DATASETS.items()
        for column, parent in dataset.references.items()
        if not (name in REFUNDS and parent == "orders")
    ),
)
# Deliveries of whole orders, and what of an order comes in them.
OF_ORDERS = ("orders/", "order_lines/")
PARTS_OF_ORDERS = (("order_items", "order_id"), ("payments", "order_id"))
_DATES = (
    ("orders", "order_date", "order_id"),
    ("current_lines", "order_date", "order_id"),
    *((name, dated.day, dated.key[-1]) for name, dated in DATED.items() if dated.day and not dated.is_planned),
)
# The datasets whose rows of a day that is not whole yet are loaded and wait, and where they are in raw.
WAITING: Mapping[str, tuple[str, ...]] = {
    "orders": ("orders", "payments"),
    "order_lines": ("current_lines",),
    **{name: (name,) for name in ("payments", "refunds", "returns", "balance_transactions")},
}
_MOMENTS = (("payments", "paid_at", "payment_id"), ("customers", "signup_at", "customer_id"))


@dataclass(frozen=True)
class Finding:
    """One thing wrong: in which table, and what was expected of what and found instead."""

    table: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return one_line(f"{self.table}: {self.what}: expected {self.expected}, found {self.found}")


def check_deliveries(con: duckdb.DuckDBPyConnection, newest: Iterable[Manifest]) -> Iterator[Finding]:
    """Landing and ledger have the same deliveries."""
    in_landing = {manifest.delivery_id for manifest in newest}
    in_ledger = {
        delivery_id
        for (delivery_id,) in con.execute("select delivery_id from raw.load_ledger where not is_replaced").fetchall()
    }
    for only, found in ((in_landing - in_ledger, "in landing only"), (in_ledger - in_landing, "in the ledger only")):
        if only:
            example = f"{len(only):,} {found}, for example {min(only)}"
            yield Finding("raw.load_ledger", "deliveries", "those in landing", example)


def check_books(
    con: duckdb.DuckDBPyConnection, client: Client, parts: Iterable[Part], todo: Collection[str]
) -> Iterator[Finding]:
    """The files of raw have the rows of every delivery that its line in the ledger says, and of ``todo`` the money."""
    loaded_rows, quarantined_rows = Counter[str](), Counter[str]()
    for part in parts:
        dataset = part.delivery_id.partition("/")[0]
        if part.table == "quarantine":
            quarantined_rows[part.delivery_id] += part.rows
        elif part.table == dataset:
            loaded_rows[part.delivery_id] += part.rows
    amounts = dict(
        con.execute(
            f"select _delivery_id, coalesce(sum(amount), 0) from ({_money(client)}) "
            "where _delivery_id in (select unnest(?)) group by all",
            [[*todo]],
        ).fetchall()
    )
    lines = con.execute(
        """
        select delivery_id, rows_landed, rows_loaded, rows_left_out, rows_quarantined, rows_duplicate, amount_loaded
        from raw.load_ledger
        where not is_replaced
        order by delivery_id
        """
    ).fetchall()
    for delivery_id, landed, loaded, left_out, quarantined, duplicate, amount in lines:
        if loaded_rows[delivery_id] != loaded:
            yield Finding("raw", f"rows loaded of {delivery_id}", f"{loaded:,}", f"{loaded_rows[delivery_id]:,}")
        if quarantined_rows[delivery_id] != quarantined:
            found = f"{quarantined_rows[delivery_id]:,}"
            yield Finding("raw.quarantine", f"rows of {delivery_id}", f"{quarantined:,}", found)
        if delivery_id in todo and amounts.get(delivery_id, 0) != amount:
            found = f"{amounts.get(delivery_id, Decimal(0)):,.4f}"
            yield Finding("raw", f"money loaded of {delivery_id}", f"{amount:,.4f}", found)
        if landed != loaded + left_out + quarantined + duplicate:
            left = f" + {left_out:,} left out" if left_out else ""
            counts = f"{loaded:,} loaded{left} + {quarantined:,} in quarantine + {duplicate:,} repeated"
            yield Finding("raw.load_ledger", f"rows of {delivery_id}", f"{landed:,} landed", counts)


def _money(client: Client) -> str:
    """SQL for what each row counts in its delivery's ledger line."""
    items, lines, payments = (as_loaded(client, name) for name in ("order_items", "order_lines", "payments"))
    own = (
        f" union all select _delivery_id, {amount} from {as_loaded(client, table)}" for table, amount in MONEY.items()
    )
    return (
        f"select _delivery_id, quantity * unit_price as amount from {items}"
        f" union all select _delivery_id, quantity * unit_price from {lines}"
        f" union all select _delivery_id, amount from {payments} where starts_with(_delivery_id, 'payments/')"
        f"{''.join(own)}"
    )


def check_keys(con: duckdb.DuckDBPyConnection, todo: Collection[str]) -> Iterator[Finding]:
    """No key of the deliveries is null or comes twice in one of them; which of several counts, the views decide."""
    if not todo:
        return
    for table, names in NATURAL_KEYS.items():
        keys = ", ".join(names)
        own = f"raw.{table} where is_current and {_is_of(todo)}"
        nulls = ", ".join(f"count(*) filter (where {name} is null)" for name in names)
        for name, count in zip(names, con.execute(f"select {nulls} from {own}").fetchall()[0], strict=True):
            if count:
                yield Finding(f"raw.{table}", f"rows without {name}", "none", f"{count:,}")
        repeated = con.execute(
            f"""
            select {keys}, count(*) as versions, count(*) over () as repeated_keys
            from {own}
            group by {keys}
            having count(*) > 1
            order by {keys}
            limit 1
            """
        ).fetchone()
        if repeated:
            key = ", ".join(map(str, repeated[: len(names)]))
            found = f"{repeated[-1]:,} keys with more, for example {key} with {repeated[-2]:,}"
            yield Finding(f"raw.{table}", f"current rows per {keys}", "one", found)


# Those too that wait for a rate of their currency, or for the end of their day.
_ORDERS = """
    select order_id from raw.orders where is_current
    union all
    select order_id from raw.current_lines where type = 'sale'
"""


def foreign_keys(client: Client) -> Iterator[tuple[str, str, str, str]]:
    """Table, column and the table that it names, with SQL for the ids there; not where the sales stand for that."""
    for child, column, parent in FOREIGN_KEYS:
        if parent == "orders":
            yield child, column, parent, _ORDERS
        elif parent in client.sources:
            yield child, column, parent, f"select {column} from raw.{parent} where is_current and {column} is not null"


def check_references(con: duckdb.DuckDBPyConnection, client: Client, todo: Collection[str]) -> Iterator[Finding]:
    """No more ids than the client allows refer to a row that is not there; no id at all means unknown.

    What came as a part of its order is looked up in the deliveries of ``todo`` only: it goes when its order goes. A
    refund of an order from before all that is delivered may name a customer and a product from before, too.
    """
    known = con.execute("select delivery_id from raw.load_ledger where not is_replaced").fetchall()
    to_look_up = {name for (name,) in known if name in todo or not name.startswith(OF_ORDERS)}
    ceiling = client.ceilings.orphan_share
    for child, column, parent, parents in foreign_keys(client):
        rows = _is_of(to_look_up) if (child, column) in PARTS_OF_ORDERS else "true"
        if child in REFUNDS:
            rows = "(order_id is null or order_id in (select order_id from raw.current_orders))"
        given, orphans, example = con.execute(
            f"""
            select
                (select count({column}) from raw.{child} where is_current),
                count(*),
                min({column})
            from raw.{child}
            where is_current and {rows} and {column} is not null and {column} not in ({parents})
            """
        ).fetchall()[0]
        if orphans and Decimal(orphans) / given > ceiling:
            found = f"{orphans:,} of {given:,} without one ({Decimal(orphans) / given:.2%}), for example {example}"
            yield Finding(
                f"raw.{child}", f"{column} in raw.{parent}", f"at most {ceiling:.2%} without (orphan_share)", found
            )


def _is_of(deliveries: Collection[str]) -> str:
    """SQL that holds for the rows of the deliveries; as literals, so that the files of others are not read."""
    return f"_delivery_id in ({', '.join(map(literal, sorted(deliveries))) or 'null'})"


def check_sizes(con: duckdb.DuckDBPyConnection, client: Client, sizes: Mapping[str, int]) -> Iterator[Finding]:
    """No table that sales need is empty, and none has shrunk since verify last passed by more than the ceiling."""
    orders = client.sources.get("orders")
    nested = {"order_items", "payments"} if orders and not orders.layout else set[str]()
    delivered = {str(name) for name in client.sources} | nested
    needed = {"products", "customers", "orders", "order_items", "order_lines", "payments"} & delivered
    for table in sorted(needed):
        if not sizes[table]:
            yield Finding(f"raw.{table}", "current rows", "at least 1", "0")
    ceiling = client.ceilings.shrink_share
    before = con.execute(
        "select table_name, row_count from raw.verified_rows "
        "where verify_number = (select max(verify_number) from raw.verified_rows)"
    ).fetchall()
    for table, rows in before:
        if table in delivered and sizes[table] < rows * (1 - ceiling):
            expected = (
                f"at least {rows * (1 - ceiling):,.0f}, after {rows:,} in the run before (shrink_share {ceiling})"
            )
            yield Finding(f"raw.{table}", "current rows", expected, f"{sizes[table]:,}")


def check_dates(
    con: duckdb.DuckDBPyConnection, client: Client, last: date, last_days: Mapping[str, date]
) -> Iterator[Finding]:
    """Nothing happened after the last day that landing is complete through, or that a table was read through."""
    zone = literal(client.time_zone)

    def end(table: str) -> str:
        day = last_days.get(table, last) + timedelta(days=1)
        return f"timezone('UTC', timezone({zone}, timestamp '{day}'))"

    late = [
        *((table, name, key, f"{name} > date '{last_days.get(table, last)}'") for table, name, key in _DATES),
        *((table, name, key, f"{name} >= {end(table)}") for table, name, key in _MOMENTS),
    ]
    for table, name, key, is_late in late:
        rows, newest, example = con.execute(
            f"select count(*), max({name}), max_by({key}, {name}) from raw.{table} where is_current and {is_late}"
        ).fetchall()[0]
        if rows:
            found = f"{rows:,} later ones, the last {newest} ({key} {example})"
            yield Finding(f"raw.{table}", name, f"no day after {last_days.get(table, last)}", found)


def check_cancellations(con: duckdb.DuckDBPyConnection, client: Client) -> Iterator[Finding]:
    """Where a cancelled order counts until it is cancelled, its day is known, and not before that of the order."""
    if client.cancelled != "reversed":
        return
    rows, order_id, ordered, cancelled = con.execute(
        """
        select count(*), unnest(min((order_id, order_date, cancelled_date)))
        from raw.current_orders
        where status = 'cancelled' and not is_test and (cancelled_date is null or cancelled_date < order_date)
        """
    ).fetchall()[0]
    if rows:
        expected = (
            "of each cancelled order the day of the order or a later one, as the client file says cancelled: reversed"
        )
        found = f"{rows:,} without such a day, for example order {order_id} of {ordered}: {cancelled or 'none'}"
        advice = "map cancelled_at, or say cancelled: excluded"
        yield Finding("raw.orders", "cancelled_at", expected, f"{found}; {advice}")


def check_uncounted(parts: Iterable[Part], in_ledger: Collection[str]) -> Iterator[Finding]:
    """No file of raw is of a delivery that the ledger does not know, as a load leaves it that was killed."""
    rows: Counter[str] = Counter()
    for part in parts:
        if part.delivery_id not in in_ledger:
            rows[part.delivery_id] += part.rows
    for delivery_id, found in sorted(rows.items()):
        expected = "none, as the ledger does not count it (the next load removes them)"
        yield Finding("raw", f"rows of {delivery_id}", expected, f"{found:,}")


def _number(con: duckdb.DuckDBPyConnection, query: str) -> Decimal | int:
    number: Decimal | int = con.execute(query).fetchall()[0][0]
    return number
