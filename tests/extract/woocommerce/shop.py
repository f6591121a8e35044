"""Invented records of a shop as WooCommerce has them, whose totals follow from their parts as WooCommerce's do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Record = dict[str, Any]
PRIVATE = "Anna Secret"  # who ordered: nobody maps it


def two(value: Decimal | str | int) -> str:
    return f"{Decimal(value):.2f}"


def line(
    number: int, product: int, subtotal: str, quantity: int = 1, *, total: str | None = None, tax: str = "0",
    variation: int = 0, sku: str | None = None, name: str = "Thing",
) -> Record:  # fmt: skip
    return {
        "id": number, "name": name, "product_id": product, "variation_id": variation, "quantity": quantity,
        "tax_class": "", "subtotal": two(subtotal), "subtotal_tax": two(tax), "total": two(total or subtotal),
        "total_tax": two(tax), "taxes": [], "meta_data": [{"id": 1, "key": "engraving", "value": PRIVATE}],
        "sku": sku, "price": float(subtotal) / quantity, "image": {"id": "", "src": ""}, "parent_name": None,
    }  # fmt: skip


def post(number: int, total: str, tax: str = "0") -> Record:
    return {"id": number, "method_title": "Post", "method_id": "flat_rate", "total": two(total), "total_tax": two(tax)}


def fee(number: int, total: str, tax: str = "0") -> Record:
    return {"id": number, "name": "Gift box", "tax_class": "", "total": two(total), "total_tax": two(tax)}


def order(number: int, lines: Sequence[Record], at: str = "2026-10-30T10:00:00", /, **others: Any) -> Record:
    """An order; ``others`` are its fields, and what its total has beside its lines."""
    made = {
        "id": number, "parent_id": 0, "number": str(number), "order_key": "wc_order_x", "created_via": "checkout",
        "version": "10.3.1", "status": "processing", "currency": "EUR", "prices_include_tax": True,
        "date_created": "2026-01-01T00:00:00", "date_created_gmt": at, "date_modified_gmt": at, "date_paid_gmt": at,
        "date_completed_gmt": None, "customer_id": 501, "customer_ip_address": "203.0.113.7",
        "customer_note": PRIVATE, "billing": {"first_name": "Anna", "last_name": "Secret", "country": "DE"},
        "shipping": {"first_name": "Anna", "last_name": "Secret", "country": ""}, "payment_method": "stripe",
        "payment_method_title": "Card", "transaction_id": f"pi_{number}", "meta_data": [], "line_items": [*lines],
        "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "tax_lines": [], "refunds": [], "_links": {},
        **others,
    }  # fmt: skip
    parts = [*made["line_items"], *made["shipping_lines"], *made["fee_lines"]]
    tax = sum((Decimal(one["total_tax"]) for one in parts), Decimal())
    shipped = sum((Decimal(one["total"]) for one in made["shipping_lines"]), Decimal())
    shipped_tax = sum((Decimal(one["total_tax"]) for one in made["shipping_lines"]), Decimal())
    total = sum((Decimal(one["total"]) for one in parts), Decimal()) + tax
    taken = sum((Decimal(one["subtotal"]) - Decimal(one["total"]) for one in made["line_items"]), Decimal())
    totals = {
        "discount_total": two(taken), "discount_tax": "0.00", "shipping_total": two(shipped),
        "shipping_tax": two(shipped_tax), "cart_tax": two(tax - shipped_tax), "total": two(total),
        "total_tax": two(tax),
    }  # fmt: skip
    return {**totals, **made}


def refund_line(number: int, of: Record, quantity: int, total: str, tax: str = "0") -> Record:
    return {
        **of, "id": number, "quantity": -quantity, "subtotal": two(-Decimal(total)), "total": two(-Decimal(total)),
        "total_tax": two(-Decimal(tax)),
        "meta_data": [{"id": 9, "key": "_refunded_item_id", "value": str(of["id"])}],
    }  # fmt: skip


def refund(
    number: int, of: int, amount: str, *, at: str, lines: Sequence[Record] = (),
    postage: Sequence[tuple[str, str]] = (), fees: Sequence[tuple[str, str]] = (),
) -> Record:  # fmt: skip
    def back(parts: Sequence[tuple[str, str]]) -> list[Record]:
        return [
            {"id": number * 10 + at_, "total": two(-Decimal(total)), "total_tax": two(-Decimal(tax))}
            for at_, (total, tax) in enumerate(parts)
        ]

    return {
        "id": number, "parent_id": of, "date_created": "2026-01-01T00:00:00", "date_created_gmt": at,
        "amount": two(amount), "reason": PRIVATE, "refunded_by": 1, "refunded_payment": False, "meta_data": [],
        "line_items": [*lines], "shipping_lines": back(postage), "fee_lines": back(fees), "tax_lines": [],
    }  # fmt: skip


def customer(number: int, name: str) -> Record:
    return {
        "id": number, "date_created_gmt": "2026-10-01T08:00:00", "email": f"{name.lower()}@example.com",
        "first_name": name, "last_name": "Tester", "role": "customer", "username": name.lower(),
        "billing": {
            "first_name": name, "phone": "", "address_1": "Street 1", "city": "Bonn", "postcode": "53111",
            "country": "DE",
        },
    }  # fmt: skip


def product(number: int, name: str, price: str = "10.00", **others: Any) -> Record:
    return {
        "id": number, "name": name, "type": "simple", "status": "publish", "sku": f"SKU-{number}", "price": price,
        "regular_price": price, "average_rating": "4.50", "rating_count": 2,
        "categories": [{"id": 9, "name": "Tea", "slug": "tea"}, {"id": 10, "name": "All", "slug": "all"}],
        "images": [{"id": 1, "src": "https://shop.example/tea.png"}], "description": "", **others,
    }  # fmt: skip
