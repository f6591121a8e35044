"""From sound typed rows to the rows of raw tables: one temporary table ``new_<table>`` for each table touched."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contracts.dataset import Column
from contracts.datasets import DATASETS
from contracts.datasets.order_items import ITEM
from contracts.sql_text import literal
from load.columns import PRICE, local_day
from load.dated_datasets import DATED
from load.order_amounts import reject_disagreeing_amounts, reject_other_balances, reject_other_currencies
from load.order_lines import product_type, reject_misfits
from load.order_numbers import number_by_day
from load.validation import SOUND, DeliveryContext


def normalize(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> list[str]:
    """Make the ``new_`` tables of a staged delivery and return the names of their raw tables."""
    if delivery.dataset in ("orders", "order_lines"):
        reject_other_currencies(con, delivery)
    if delivery.dataset == "balance_transactions":
        reject_other_balances(con, delivery)
    if delivery.dataset == "orders":
        return _normalize_orders(con, delivery)
    if delivery.dataset == "order_items":
        return _normalize_order_items(con, delivery)
    if delivery.dataset == "order_lines":
        reject_disagreeing_amounts(con, delivery)
        reject_misfits(con, delivery)
        number_by_day(con, delivery)
    return _normalize_plain(con, delivery)


def _normalize_plain(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> list[str]:
    dataset, source = delivery.dataset, delivery.source
    columns = _values(DATASETS[dataset].columns)
    dated = DATED.get(dataset)
    if dated and dated.moment:
        columns.append(f"{local_day(dated.moment, delivery.client.time_zone)} as {dated.day}")
    if dated and dated.otherwise and delivery.key == dated.otherwise:
        (key,) = dated.key
        columns.remove(key)
        columns.append(f"concat_ws('/', {', '.join(dated.otherwise)}) as {key}")
    if dataset == "products":
        rules = source.product_rules if source else ()
        columns.remove("product_type")
        columns.append(f"coalesce(product_type, {product_type(rules)}) as product_type")
        columns.remove("origin")
        columns.append(f"coalesce(origin, {literal(delivery.manifest.origin)}) as origin")
    _make(con, dataset, f"select {', '.join(columns)}, line as _line from typed where {SOUND}")
    return [dataset]


def _normalize_orders(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> list[str]:
    columns = ", ".join(column.name for column in DATASETS["orders"].columns)
    order_date = local_day("order_at", delivery.client.time_zone)
    _make(con, "orders", f"select {columns}, {order_date} as order_date, line as _line from typed where {SOUND}")
    if not delivery.is_nested:
        return ["orders"]
    _make(
        con,
        "order_items",
        f"""
        select order_id, line_number, {_ITEM}, order_date, _line
        from typed_items inner join (select order_id, order_date, _line from new_orders) on line = _line
        """,
    )
    _make(
        con,
        "payments",
        """
        select
            new_orders.order_id, payment_id, attempt_number, method, typed_payments.status, amount,
            typed_payments.paid_at, _line
        from typed_payments inner join new_orders on typed_payments.line = new_orders._line
        """,
    )
    return ["orders", "order_items", "payments"]


def _normalize_order_items(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> list[str]:
    source = delivery.source
    is_numbered = source is None or "line_number" in source.columns
    number = "line_number" if is_numbered else "cast(row_number() over (partition by order_id order by line) as bigint)"
    # The order may arrive later; its date is filled in then.
    _make(
        con,
        "order_items",
        f"""
        select
            order_id, {number} as line_number, {_ITEM}, cast(null as date) as order_date, line as _line
        from typed
        where {SOUND}
        """,
    )
    return ["order_items"]


def _values(columns: Sequence[Column]) -> list[str]:
    """SQL for the columns of a row: as typed, but a discount that was said as a share is one of the line's price."""
    names = [column.name for column in columns]
    if "discount_rate" not in names:
        return names
    of_rate = f"coalesce(cast(discount_rate * {PRICE} as decimal(18, 2)), discount_amount) as discount_amount"
    return [of_rate if name == "discount_amount" else name for name in names]


_ITEM = ", ".join(_values(ITEM))


def _make(con: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
    con.execute(f"create or replace temp table new_{table} as {rows}")
