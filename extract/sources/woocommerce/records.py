"""Which fields of WooCommerce's records are landed: what a shop sells, and nothing of a person that nobody maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extract.allowed_fields import Spec, kept, of
from extract.parts import Fields

_AMOUNTS = ("id", "total", "total_tax")
_ITEM = of(*_AMOUNTS, "name", "product_id", "variation_id", "quantity", "tax_class", "subtotal", "subtotal_tax", "sku")
_ADDRESS = of("country")
RECORDS: Mapping[str, Spec] = {
    "orders": of(
        *("id", "parent_id", "number", "status", "currency", "version", "created_via", "prices_include_tax"),
        *("date_created_gmt", "date_modified_gmt", "date_paid_gmt", "date_completed_gmt", "customer_id"),
        *("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total", "total_tax"),
        *("payment_method", "transaction_id"),
        billing=_ADDRESS,
        shipping=_ADDRESS,
        line_items=_ITEM,
        shipping_lines=of(*_AMOUNTS, "method_id"),
        fee_lines=of(*_AMOUNTS, "name"),
        coupon_lines=of("id", "code", "discount", "discount_tax"),
        tax_lines=of("id", "rate_code", "label", "tax_total", "shipping_tax_total"),
    ),
    "refunds": of(
        *("id", "parent_id", "date_created_gmt", "amount"),
        line_items=of(*_AMOUNTS, "product_id", "variation_id", "quantity", "refunded_item_id"),
        shipping_lines=of(*_AMOUNTS),
        fee_lines=of(*_AMOUNTS),
    ),
    "customers": of(
        *("id", "date_created_gmt", "email", "first_name", "last_name"),
        billing=of("phone", "address_1", "city", "postcode", "country"),
    ),
    "products": of(
        *("id", "name", "type", "status", "sku", "price", "regular_price", "average_rating", "rating_count"),
        categories=of("name"),
        images=of("src"),
    ),
}
FIELDS = Fields(
    ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "tax_lines"),
    ("customer_id",),
)
REFUNDED_ITEM = "_refunded_item_id"  # of the meta data of a refund's line: the line of the order


def asked_fields(object: str) -> str:  # noqa: A002 WooCommerce's objects
    """The parameter that asks for the fields alone."""
    return ",".join(RECORDS[object])


def landed(object: str, record: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002 WooCommerce's objects
    """The record as it is landed, whatever else the server has sent."""
    if object == "refunds":
        record = {**record, "line_items": [_with_its_item(line) for line in record.get("line_items") or ()]}
    found: dict[str, Any] = kept(record, RECORDS[object])
    return found


def _with_its_item(line: Mapping[str, Any]) -> dict[str, Any]:
    meta = line.get("meta_data") or ()
    found = [one.get("value") for one in meta if isinstance(one, dict) and one.get("key") == REFUNDED_ITEM]
    return {**line, "refunded_item_id": str(found[0]) if found else None}
