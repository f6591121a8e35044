"""Into the raw tables: the rows of one delivery in, those of the one it replaces out, newest versions marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from load.changes import Changes
from load.dated import DATED_KEYS
from load.staging import Arrival

# By these the versions of a record are told from other records.
NATURAL_KEYS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "products": ("product_id",),
    "orders": ("order_id",),
    "order_items": ("order_id", "line_number"),
    "payments": ("payment_id",),
    **DATED_KEYS,
    "adjustments": ("adjustment_id",),
}


# The invoice that a row is of, where order lines are delivered.
INVOICES: Mapping[str, str] = {
    "orders": "order_id",
    "returns": r"regexp_replace(return_id, '-\d+$', '')",
    "adjustments": r"regexp_replace(adjustment_id, '-\d+$', '')",
}
_HAS_INVOICE = "regexp_matches(_delivery_id, '^order(s|_lines)/')"


@dataclass(frozen=True)
class Loading:
    """One delivery on its way into raw: the tables it has rows for, and the delivery that it replaces."""

    arrival: Arrival
    tables: Sequence[str]
    replaced: str | None
    run_id: str
    loaded_at: datetime

    @property
    def source_file(self) -> str:
        """Where the delivered file lies below landing."""
        return f"{self.arrival.manifest.delivery_id}/{self.arrival.manifest.file}"

    @property
    def has_invoices(self) -> bool:
        """Whether sales, returns and adjustments are lines of invoices, which are replaced as a whole."""
        return self.arrival.dataset == "order_lines"

    @property
    def versioned(self) -> list[str]:
        """The tables with versions of their own; items and payments that came within orders follow those."""
        if "orders" not in self.tables:
            return list(self.tables)
        return [table for table in self.tables if table not in ("order_items", "payments")]


def merge(con: duckdb.DuckDBPyConnection, loading: Loading) -> None:
    """Bring raw to what it is with the delivery and without the one that it replaces.

    Afterwards ``is_current`` marks the newest version of every record, and ``changed_days`` has the days on which a
    current row came, went or changed. Runs in the caller's transaction; the ledger already has the delivery.
    """
    for table in loading.versioned:
        _find_affected(con, table, loading.replaced)
    if loading.has_invoices:
        _widen_to_invoices(con)
    if "orders" in loading.tables or "payments" in loading.tables or "order_items" in loading.tables:
        _find_affected_orders(con, loading)
    changes = Changes(con, loading.arrival.manifest, loading.tables, loading.replaced)
    for table in loading.tables:
        _replace_rows(con, table, loading)
    contested = {
        table for table in loading.versioned if _is_contested(con, table, loading.arrival.manifest.delivery_id)
    }
    if loading.has_invoices and contested & {*INVOICES}:
        _mark_invoices(con)
    for table in sorted(contested - {*(INVOICES if loading.has_invoices else ())}):
        _mark_current(con, table)
    if "orders" in contested:
        for table in sorted(set(loading.tables) - set(loading.versioned)):
            _follow_orders(con, table)
    _settle(con, loading)
    changes.record()


def _find_affected(con: duckdb.DuckDBPyConnection, table: str, replaced: str | None) -> None:
    keys = ", ".join(NATURAL_KEYS[table])
    con.execute(
        f"""
        create or replace temp table affected_{table} as
        select {keys} from new_{table}
        union
        select {keys} from raw.{table} where _delivery_id = $replaced
        """,
        {"replaced": replaced},
    )


def _widen_to_invoices(con: duckdb.DuckDBPyConnection) -> None:
    """Make what is affected whole invoices: another version may have fewer lines, or have them as another kind."""
    affected = " union ".join(
        f"select {invoice} as invoice from affected_{table}" for table, invoice in INVOICES.items()
    )
    con.execute(f"create or replace temp table touched_invoices as {affected}")
    for table, invoice in INVOICES.items():
        (key,) = NATURAL_KEYS[table]
        con.execute(
            f"""
            insert into affected_{table}
            select {key}
            from raw.{table}
            where {_HAS_INVOICE} and {invoice} in (select invoice from touched_invoices)
            """
        )


def _mark_invoices(con: duckdb.DuckDBPyConnection) -> None:
    lines = " union ".join(
        f"select {invoice} as invoice, _delivery_id from raw.{table} where {_HAS_INVOICE}"
        for table, invoice in INVOICES.items()
    )
    con.execute(
        f"""
        create or replace temp table newest_invoices as
        select invoice, _delivery_id as newest
        from ({lines})
        inner join raw.load_ledger on _delivery_id = delivery_id
        where invoice in (select invoice from touched_invoices)
        qualify row_number() over (partition by invoice order by logical_date desc, _delivery_id desc) = 1
        """
    )
    for table, invoice in INVOICES.items():
        con.execute(
            f"""
            update raw.{table}
            set is_current = _delivery_id = newest
            from newest_invoices
            where {_HAS_INVOICE} and {invoice} = invoice and is_current <> (_delivery_id = newest)
            """
        )


def _find_affected_orders(con: duckdb.DuckDBPyConnection, loading: Loading) -> None:
    if "orders" in loading.tables:
        con.execute("create or replace temp table touched_orders as select order_id from affected_orders")
        return
    (table,) = (table for table in loading.tables if table in ("order_items", "payments"))
    keys = ", ".join(NATURAL_KEYS[table])
    # A payment may have named another order before.
    con.execute(
        f"""
        create or replace temp table touched_orders as
        select order_id from new_{table}
        union
        select order_id from raw.{table} where ({keys}) in (select {keys} from affected_{table})
        """
    )


def _replace_rows(con: duckdb.DuckDBPyConnection, table: str, loading: Loading) -> None:
    manifest = loading.arrival.manifest
    if loading.replaced is not None:
        con.execute(f"delete from raw.{table} where _delivery_id = ?", [loading.replaced])
    dated = table in ("customers", "products")
    con.execute(
        f"""
        insert into raw.{table} by name
        select
            * {", cast($logical_date as date) as valid_from" if dated else ""},
            true as is_current,
            $delivery_id as _delivery_id,
            $source_file as _source_file,
            cast($loaded_at as timestamp) as _loaded_at,
            $run_id as _run_id
        from new_{table}
        """,
        {
            **({"logical_date": manifest.logical_date} if dated else {}),
            "delivery_id": manifest.delivery_id,
            "source_file": loading.source_file,
            "loaded_at": loading.loaded_at,
            "run_id": loading.run_id,
        },
    )


def _is_contested(con: duckdb.DuckDBPyConnection, table: str, delivery_id: str) -> bool:
    """Whether another delivery has a version of a record that this one has, or that the one it replaces had."""
    keys = ", ".join(NATURAL_KEYS[table])
    is_affected = f"({keys}) in (select {keys} from affected_{table})"
    others = con.execute(f"select 1 from raw.{table} where _delivery_id <> ? and {is_affected} limit 1", [delivery_id])
    return others.fetchone() is not None


def _mark_current(con: duckdb.DuckDBPyConnection, table: str) -> None:
    names = NATURAL_KEYS[table]
    keys = ", ".join(names)
    same = " and ".join(f"version.{name} = ranked.{name}" for name in names)
    con.execute(
        f"""
        update raw.{table} as version
        set is_current = ranked.is_newest
        from (
            select
                {keys},
                _delivery_id,
                row_number() over (partition by {keys} order by logical_date desc, _delivery_id desc) = 1 as is_newest
            from raw.{table}
            inner join raw.load_ledger on _delivery_id = delivery_id
            where ({keys}) in (select {keys} from affected_{table})
        ) as ranked
        where {same} and version._delivery_id = ranked._delivery_id and version.is_current <> ranked.is_newest
        """
    )


def _follow_orders(con: duckdb.DuckDBPyConnection, table: str) -> None:
    con.execute(
        f"""
        update raw.{table} as part
        set is_current = orders.is_current
        from raw.orders as orders
        where
            orders.order_id = part.order_id
            and orders._delivery_id = part._delivery_id
            and orders.is_current <> part.is_current
            and orders.order_id in (select order_id from touched_orders)
        """
    )


def _settle(con: duckdb.DuckDBPyConnection, loading: Loading) -> None:
    """Make what items have from other deliveries follow those: their order's date, or the payments' sum."""
    client = loading.arrival.client
    if "order_items" in client.sources and {"orders", "order_items"} & set(loading.tables):
        con.execute(
            """
            update raw.order_items as item
            set order_date = found.order_date
            from (
                select touched_orders.order_id, orders.order_date
                from touched_orders
                left join raw.orders as orders on touched_orders.order_id = orders.order_id and orders.is_current
            ) as found
            where item.order_id = found.order_id and item.order_date is distinct from found.order_date
            """
        )
    if client.order_value == "payments" and {"orders", "payments"} & set(loading.tables):
        con.execute("delete from raw.order_items where order_id in (select order_id from touched_orders)")
        con.execute(
            """
            insert into raw.order_items by name
            select
                orders.order_id,
                1 as line_number,
                'unspecified' as product_id,
                1 as quantity,
                paid.amount as unit_price,
                0 as discount_amount,
                orders.* exclude (
                    order_id, customer_id, order_at, status, channel, country, discount_amount, tax_amount,
                    shipping_amount
                )
            from raw.orders as orders
            inner join (
                select order_id, sum(amount) as amount
                from raw.payments
                where is_current and status = 'succeeded'
                group by order_id
            ) as paid on orders.order_id = paid.order_id
            where orders.is_current and orders.order_id in (select order_id from touched_orders)
            """
        )
