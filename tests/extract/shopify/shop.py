"""Invented records of a shop as Shopify has them, whose totals follow from their parts as Shopify's do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Record = dict[str, Any]
CENT = Decimal("0.01")
ADDRESS = {"city": "Fürth", "zip": "90762", "provinceCode": "BY", "countryCodeV2": "DE"}


def money(value: Decimal | str) -> Decimal:
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def line(
    number: int, product: int | None, price: str, quantity: int = 1, *, discounts: Sequence[str] = (), tax: str = "0",
    cost: str | None = None, is_gift_card: bool = False, sku: str | None = None, title: str = "Thing",
) -> Record:  # fmt: skip
    variant = None
    if product:
        inventory = {"unitCost": cost and {"amount": cost, "currencyCode": "EUR"}}
        variant = {
            "id": gid("ProductVariant", product * 10),
            "legacyResourceId": str(product * 10),
            "inventoryItem": inventory,
        }
    return {
        "id": gid("LineItem", number), "title": title, "sku": sku, "quantity": quantity, "isGiftCard": is_gift_card,
        "originalUnitPriceSet": price, "originalTotalSet": str(Decimal(price) * quantity),
        "discountAllocations": [{"allocatedAmountSet": one} for one in discounts],
        "taxLines": tax_lines(tax), "product": product and {"legacyResourceId": str(product)}, "variant": variant,
    }  # fmt: skip


def tax_lines(amount: str) -> list[Record]:
    """Two of them where there is any tax, as of a country and a city."""
    if not Decimal(amount):
        return []
    half = money(Decimal(amount) / 2)
    return [
        {"title": name, "rate": 0.1, "channelLiable": False, "priceSet": str(part)}
        for name, part in (("Country", half), ("City", Decimal(amount) - half))
    ]


def shipping(number: int, price: str, tax: str = "0") -> Record:
    return {
        "id": gid("ShippingLine", number), "title": "Post", "originalPriceSet": price, "discountedPriceSet": price,
        "taxLines": tax_lines(tax),
    }  # fmt: skip


def transaction(
    number: int,
    amount: str,
    kind: str = "SALE",
    status: str = "SUCCESS",
    *,
    at: str,
    gateway: str = "shopify_payments",
    fees: Sequence[str] = (),
) -> Record:
    return {
        "id": gid("OrderTransaction", number), "kind": kind, "status": status, "test": False, "gateway": gateway,
        "createdAt": at, "processedAt": at, "amountSet": amount,
        "fees": [{"type": "processing_fee", "amount": one, "taxAmount": "0.00"} for one in fees],
    }  # fmt: skip


def refund_line(number: int, of: Record, quantity: int, subtotal: str, tax: str, restock: str = "RETURN") -> Record:
    item = {"id": of["id"], "product": of["product"]}
    return {
        "id": gid("RefundLineItem", number), "quantity": quantity, "restockType": restock,
        "restocked": restock != "NO_RESTOCK", "subtotalSet": subtotal, "totalTaxSet": tax, "lineItem": item,
    }  # fmt: skip


def refund(
    number: int, paid: str, *, at: str, lines: Sequence[Record] = (), postage: Sequence[tuple[str, str]] = ()
) -> Record:
    return {
        "id": gid("Refund", number), "legacyResourceId": str(number), "createdAt": at, "processedAt": at,
        "totalRefundedSet": paid, "duties": [], "refundLineItems": [*lines], "orderAdjustments": [],
        "refundShippingLines": [
            {"id": gid("RefundShippingLine", number * 10 + at_), "subtotalAmountSet": amount, "taxAmountSet": tax}
            for at_, (amount, tax) in enumerate(postage)
        ],
    }  # fmt: skip


def order(number: int, lines: Sequence[Record], at: str = "2026-10-30T10:00:00Z", **others: Any) -> Record:
    """An order; ``others`` are its fields, and what its total has beside its lines."""
    made = {
        "id": gid("Order", number), "legacyResourceId": str(number), "name": f"#{number}", "createdAt": at,
        "processedAt": at, "updatedAt": at, "cancelledAt": None, "cancelReason": None, "test": False,
        "taxesIncluded": True, "dutiesIncluded": False, "currencyCode": "EUR", "presentmentCurrencyCode": "JPY",
        "sourceName": "web", "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED",
        "discountCodes": [], "customer": {"legacyResourceId": "501"}, "shippingAddress": ADDRESS,
        "totalTipReceivedSet": "0.00", "originalTotalDutiesSet": None, "originalTotalAdditionalFeesSet": None,
        "lineItems": [*lines], "shippingLines": [], "transactions": [], "refunds": [], **others,
    }  # fmt: skip
    goods = sum((Decimal(one["originalTotalSet"]) for one in made["lineItems"]), Decimal())
    taken = sum(
        (Decimal(two["allocatedAmountSet"]) for one in made["lineItems"] for two in one["discountAllocations"]),
        Decimal(),
    )
    posted = sum((Decimal(one["discountedPriceSet"]) for one in made["shippingLines"]), Decimal())
    taxes = [tax for one in (*made["lineItems"], *made["shippingLines"]) for tax in one["taxLines"]]
    tax = sum((Decimal(one["priceSet"]) for one in taxes), Decimal())
    is_tip_a_line = any(one["title"] == "Tip" for one in made["lineItems"])
    beside = [made["originalTotalDutiesSet"], made["originalTotalAdditionalFeesSet"]]
    beside += [] if is_tip_a_line else [made["totalTipReceivedSet"]]
    total = goods - taken + posted + (0 if made["taxesIncluded"] else tax) + sum(Decimal(one or 0) for one in beside)
    totals = {
        "totalPriceSet": total, "subtotalPriceSet": goods - taken, "totalTaxSet": tax, "totalDiscountsSet": taken,
        "totalShippingPriceSet": posted,
    }  # fmt: skip
    return {**{name: str(money(value)) for name, value in totals.items()}, **made}


def paid(made: Record, number: int, *, fee: str | None = None) -> Record:
    """The order, paid when it was made."""
    fees = [fee] if fee else []
    return {
        **made,
        "transactions": [
            transaction(number, made["totalPriceSet"], at=made["processedAt"], fees=fees),
            *made["transactions"],
        ],
    }


def product(
    number: int,
    title: str,
    price: str = "10.00",
    *,
    costs: Sequence[str | None] = ("4.00",),
    stock: int = 7,
    is_gift_card: bool = False,
) -> Record:
    variants = [
        {
            "id": gid("ProductVariant", number * 10 + at), "legacyResourceId": str(number * 10 + at),
            "title": "Default", "sku": f"SKU-{number}-{at}", "price": price,
            "inventoryItem": {"unitCost": cost and {"amount": cost, "currencyCode": "EUR"}},
        }
        for at, cost in enumerate(costs)
    ]  # fmt: skip
    return {
        "id": gid("Product", number), "legacyResourceId": str(number), "title": title, "description": "",
        "productType": "Tea", "isGiftCard": is_gift_card, "status": "ACTIVE", "updatedAt": "2026-10-01T00:00:00Z",
        "priceRangeV2": {"minVariantPrice": price}, "featuredMedia": None, "variants": variants,
        "variantsCount": {"count": len(variants), "precision": "EXACT"}, "tracksInventory": not is_gift_card,
        "totalInventory": stock,
    }  # fmt: skip


def customer(number: int, name: str, at: str = "2026-10-01T08:00:00Z") -> Record:
    return {
        "id": gid("Customer", number), "legacyResourceId": str(number), "firstName": name, "lastName": "Tester",
        "createdAt": at, "updatedAt": at, "defaultEmailAddress": {"emailAddress": f"{name.lower()}@example.com"},
        "defaultPhoneNumber": None,
        "defaultAddress": {
            "address1": "Street 1", "address2": None, "city": "Bonn", "zip": "53111", "countryCodeV2": "DE",
        },
    }  # fmt: skip
