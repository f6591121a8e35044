"""The histories of customers and products, worked out from the delivered versions day by day and without SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tests.dbt.oracle import Oracle, as_of, category, grouped, text
from tests.dbt.shops import Row, Shop

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)
CUSTOMER: Mapping[str, Callable[[Row], Any]] = {
    "first_name": lambda row: text(row.get("first_name")),
    "last_name": lambda row: text(row.get("last_name")),
    "email": lambda row: (text(row.get("email")) or "").lower() or None,
    "phone": lambda row: text(row.get("phone")),
    "city": lambda row: text(row.get("city")),
    "postal_code": lambda row: text(row.get("postal_code")),
    "country": lambda row: text(row.get("country")) or "unknown",
    "segment": lambda row: (text(row.get("segment")) or "unknown").lower(),
}
PRODUCT: Mapping[str, Callable[[Row], Any]] = {
    "title": lambda row: text(row.get("title")),
    "category": lambda row: category(row.get("category")),
    "product_type": lambda row: row.get("product_type", "product"),
    "is_product": lambda row: row.get("product_type", "product") == "product",
    "list_price": lambda row: row.get("list_price"),
}


def customers_history(shop: Shop) -> list[Row]:
    """dim_customers_history of a shop that publishes personal data as delivered."""
    members = {row["customer_id"] for row in Oracle(shop).customers()}
    return _histories("customer_id", members, shop.customers, CUSTOMER)


def products_history(shop: Shop) -> list[Row]:
    """dim_products_history."""
    members = {row["product_id"] for row in Oracle(shop).products()}
    return _histories("product_id", members, shop.products, PRODUCT)


def _histories(
    key: str, members: set[str], versions: list[Row], attributes: Mapping[str, Callable[[Row], Any]]
) -> list[Row]:
    delivered = grouped(versions, lambda row: row[key])
    rows: list[Row] = []
    for member in members:
        days = sorted({row["valid_from"] for row in delivered[member]}) or [FIRST]
        spans: list[Row] = []
        for day in days:
            version = as_of(delivered[member], day) or {}
            described = {name: value(version) for name, value in attributes.items()}
            if spans and all(spans[-1][name] == value for name, value in described.items()):
                continue
            if spans:
                spans[-1] |= {"valid_to": day, "is_current": False}
            begin = day if spans else FIRST
            spans.append(
                {key: member, "valid_from": begin, "valid_to": LAST, "is_current": True}
                | {"is_inferred": not delivered[member]}
                | described
            )
        rows += spans
    return rows
