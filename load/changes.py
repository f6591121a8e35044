"""Which days a delivery changes: what the current rows were before it, and what they are after it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from landing.contract import Manifest
from load.dated import DATED

_ORIGIN = "is_current, _delivery_id, _source_file, _line, _loaded_at, _run_id"
_SALES = {"orders", "order_items", "payments"}
_NAMED_IN = {"customers": "orders", "products": "order_items"}


class Changes:
    """The days that one delivery changes.

    Made before its rows are merged, from the temporary tables ``touched_orders`` and ``affected_<table>``; ``record``
    compares after the merge and writes ``raw.changed_days``. A row delivered again without a change changes no day.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, manifest: Manifest, tables: Sequence[str], replaced: str | None
    ) -> None:
        self._con = con
        self._manifest = manifest
        self._replaced = replaced
        self._has_sales = bool(_SALES & set(tables))
        self._dated = [table for table in tables if table in DATED]
        self._attributes = [table for table in tables if table in _NAMED_IN]
        if self._has_sales:
            self._photograph_sales("before")
        for table in self._dated:
            self._photograph_dated(table, "before")
        for table in self._attributes:
            con.execute(
                f"create or replace temp table replaced_{table} as select * from raw.{table} where _delivery_id = ?",
                [replaced],
            )

    def record(self) -> None:
        """Write the changed days under the next change number."""
        con = self._con
        con.execute("create or replace temp table changed (table_name varchar, changed_date date)")
        if self._has_sales:
            self._compare_sales()
            self._compare_buyers()
        for table in self._dated:
            self._compare_dated(table)
        for table in self._attributes:
            self._compare_attributes(table)
        con.execute(
            """
            insert into raw.changed_days by name
            select change_number, table_name, changed_date, ? as delivery_id
            from (select distinct table_name, changed_date from changed where changed_date is not null)
            cross join (select nextval('raw.change_numbers') as change_number)
            """,
            [self._manifest.delivery_id],
        )

    # Where no row was there before, every current one is new: a first load is spared a third of its work.

    def _compare_sales(self) -> None:
        if self._is_empty("before_orders"):
            self._con.execute(
                """
                insert into changed
                select distinct 'orders', order_date
                from raw.orders
                where is_current and order_id in (select order_id from touched_orders)
                """
            )
            return
        self._photograph_sales("after")
        for table in ("orders", "order_items", "payments"):
            self._compare("orders", table)

    def _compare_buyers(self) -> None:
        """Find the days of returns that name their order alone, and whose customer is therefore another one now."""
        self._con.execute(
            """
            insert into changed
            with before as (
                select order_id, customer_id from before_orders
            ),

            after as (
                select order_id, customer_id
                from raw.orders
                where is_current and order_id in (select order_id from touched_orders)
            )

            select distinct 'returns', returned_date
            from raw.returns
            where
                is_current
                and coalesce(customer_id, '') = ''
                and order_id in (
                    select order_id
                    from ((from before except from after) union all (from after except from before))
                )
            """
        )

    def _compare_dated(self, table: str) -> None:
        self._photograph_dated(table, "after")
        if self._is_empty(f"before_{table}"):
            self._con.execute(f"insert into changed select distinct '{table}', changed_date from after_{table}")
            return
        self._compare(table, table)

    def _is_empty(self, table: str) -> bool:
        return self._con.execute(f"select 1 from {table} limit 1").fetchone() is None

    def _photograph_sales(self, moment: str) -> None:
        self._con.execute(
            f"""
            create or replace temp table {moment}_orders as
            select order_date as changed_date, * exclude ({_ORIGIN})
            from raw.orders
            where is_current and order_id in (select order_id from touched_orders)
            """
        )
        for table in ("order_items", "payments"):
            self._con.execute(
                f"""
                create or replace temp table {moment}_{table} as
                select {moment}_orders.changed_date, part.* exclude ({_ORIGIN})
                from raw.{table} as part
                inner join {moment}_orders on part.order_id = {moment}_orders.order_id
                where part.is_current
                """
            )

    def _photograph_dated(self, table: str, moment: str) -> None:
        keys = ", ".join(DATED[table].key)
        self._con.execute(
            f"""
            create or replace temp table {moment}_{table} as
            select {DATED[table].day} as changed_date, * exclude ({_ORIGIN})
            from raw.{table}
            where is_current and ({keys}) in (select {keys} from affected_{table})
            """
        )

    def _compare(self, name: str, table: str) -> None:
        self._con.execute(
            f"""
            insert into changed
            select ?, changed_date
            from (
                (from before_{table} except from after_{table})
                union all
                (from after_{table} except from before_{table})
            )
            """,
            [name],
        )

    def _compare_attributes(self, table: str) -> None:
        """Find the days of sales and returns that a change of customers or products reaches.

        A version holds from its date on, and the first known one also before. So a change reaches the days from the
        version's date on, and every day where no earlier version is known; there the date itself says nothing.
        """
        key = f"{table[:-1]}_id"
        attributes = f"{_ORIGIN}{', origin' if table == 'products' else ''}"
        dated = f"replace (case when {key} in (select {key} from earlier) then valid_from end as valid_from)"
        self._con.execute(
            f"""
            create or replace temp table attribute_changes as
            with delivered as (
                select * exclude ({attributes}) from raw.{table} where _delivery_id = $delivery_id
            ),

            replaced as (
                select * exclude ({attributes}) from replaced_{table}
            ),

            earlier as (
                select * exclude ({attributes}) replace (cast($logical_date as date) as valid_from)
                from raw.{table}
                where
                    {key} in (select {key} from affected_{table})
                    and (valid_from, _delivery_id) < (cast($logical_date as date), $delivery_id)
                qualify row_number() over (partition by {key} order by valid_from desc, _delivery_id desc) = 1
            ),

            before as (
                select * {dated} from replaced
                union all
                select * from earlier where {key} not in (select {key} from replaced)
            ),

            after as (
                select * {dated} from delivered
                union all
                select * from earlier where {key} not in (select {key} from delivered)
            )

            select
                {key},
                {key} in (select {key} from earlier) as has_earlier,
                least(cast($logical_date as date), (select min(valid_from) from replaced)) as first_date
            from ((from before except from after) union (from after except from before))
            """,
            {"delivery_id": self._manifest.delivery_id, "logical_date": self._manifest.logical_date},
        )
        sales = "orders" if table == "customers" else "order_items"
        for name, mentions, day in (("orders", sales, "order_date"), ("returns", "returns", "returned_date")):
            self._con.execute(
                f"""
                insert into changed
                select distinct ?, mention.{day}
                from raw.{mentions} as mention
                inner join attribute_changes on mention.{key} = attribute_changes.{key}
                where
                    mention.is_current
                    and (mention.{day} >= attribute_changes.first_date or not attribute_changes.has_earlier)
                """,
                [name],
            )
