"""Customers and products as the sales mention them, for a client that has no source of its own for them."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contracts.layout import ProductRule
from load.sql_text import literal
from load.staging import Arrival

# What mentions them, by dataset; `lines` and the `new_` tables are made before.
_CUSTOMER_MENTIONS = {
    "order_lines": "lines",
    "orders": "(select customer_id, country, order_at, _line as line from new_orders)",
}
_ITEM_MENTIONS = """(
    select
        product_id, cast(null as varchar) as description, unit_price, cast(null as timestamp) as order_at,
        _line as line, 'sale' as type
    from new_order_items
)"""


def derive(con: duckdb.DuckDBPyConnection, arrival: Arrival, tables: Sequence[str]) -> list[str]:
    """Make ``new_customers`` and ``new_products`` where nothing else delivers them; return the tables made."""
    sources = arrival.client.sources
    derived = []
    if "customers" not in sources and "orders" in tables:
        _customers(con, _CUSTOMER_MENTIONS[arrival.dataset])
        derived.append("customers")
    if "products" not in sources and "order_items" in tables:
        _products(con, "lines" if arrival.dataset == "order_lines" else _ITEM_MENTIONS, arrival)
        derived.append("products")
    if arrival.client.order_value == "payments" and arrival.dataset == "orders":
        _unspecified_product(con, arrival.manifest.origin)
        derived.append("products")
    return derived


def product_type(rules: Sequence[ProductRule]) -> str:
    """SQL for what a product code is: by the first rule whose pattern matches all of it, else a product."""
    cases = " ".join(
        f"when regexp_full_match(product_id, {literal(rule.pattern)}) then {literal(rule.type)}" for rule in rules
    )
    return f"case {cases} else 'product' end" if rules else "'product'"


def _customers(con: duckdb.DuckDBPyConnection, mentions: str) -> None:
    con.execute(
        f"""
        create or replace temp table new_customers as
        select
            customer_id,
            last(country order by order_at, line) filter (where country is not null) as country,
            max(line) as _line
        from {mentions}
        where customer_id is not null
        group by customer_id
        """
    )


def _products(con: duckdb.DuckDBPyConnection, mentions: str, arrival: Arrival) -> None:
    rules = arrival.source.product_rules if arrival.source else ()
    # Sales first: what stock corrections say of a product is "damaged" or "?", and their price is 0.
    con.execute(
        f"""
        create or replace temp table new_products as
        select
            product_id,
            coalesce(
                last(description order by order_at, line) filter (where type = 'sale' and description is not null),
                last(description order by order_at, line) filter (where description is not null)
            ) as title,
            cast(
                coalesce(
                    last(unit_price order by order_at, line) filter (where type = 'sale' and unit_price > 0),
                    last(unit_price order by order_at, line) filter (where unit_price >= 0)
                ) as decimal(18, 2)
            ) as list_price,
            {product_type(rules)} as product_type,
            {literal(arrival.manifest.origin)} as origin,
            max(line) as _line
        from {mentions}
        group by product_id
        """
    )


def _unspecified_product(con: duckdb.DuckDBPyConnection, origin: str) -> None:
    con.execute(
        f"""
        create or replace temp table new_products as
        select
            'unspecified' as product_id, 'Unspecified' as title, 'product' as product_type,
            {literal(origin)} as origin,
            min(_line) as _line
        from new_orders
        having count(*) > 0
        """
    )
