"""Objects of Shopify and Stripe, read by mapping alone and held to the totals that they say themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.client_file import Client
from contracts.paths import ClientPaths
from extract.sources.files.extract import extract
from load.load_to_db import load
from load.verify_database import VerificationError, VerifyReport, verify
from tests.load.conftest import Shop
from tests.machine import SHOPIFY, STRIPE

pytestmark = pytest.mark.needs("shop objects")
DAY = date(2026, 10, 31)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ORDERS = {
    "order_id": "id",
    "customer_id": "customer.id",
    "order_at": "created_at",
    "currency": "currency",
    "tax_amount": "total_tax",
    "tax_inside": "taxes_included",
    "discount_amount": "total_discounts",
    "is_test": "test",
    "total_amount": "total_price",
    "country": "shipping_address.country_code",
}
ITEMS = {
    "order_id": "id",
    "line_number": "line_items.id",
    "product_id": "line_items.product_id",
    "variant_id": "line_items.variant_id",
    "sku": "line_items.sku",
    "quantity": "line_items.quantity",
    "unit_price": "line_items.price",
}
PAYMENTS = {
    "payment_id": "id",
    "order_id": "order_id",
    "amount": "amount",
    "status": "status",
    "kind": "kind",
    "paid_at": "created_at",
    "method": "gateway",
}
REFUNDS = {
    "refund_id": "transactions.id",
    "order_id": "order_id",
    "refund_amount": "transactions.amount",
    "refunded_at": "created_at",
    "reason": "note",
}
SUCCEEDED = {"status": {"success": "succeeded", "failure": "failed"}}


def source(path: Path, columns: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    return {"kind": "files", "path": str(path), "format": "json", "columns": dict(columns), **options}


def shop_of(folder: Path, sources: Mapping[str, Any]) -> Shop:
    fields = {"client": "shop", "name": "Shop", "currency": "USD", "time_zone": "America/New_York"}
    client = Client.model_validate({**fields, "history_from": "2005-01-01", "sources": sources})
    return Shop(client, ClientPaths(folder, "shop"))


def verified(shop: Shop) -> VerifyReport:
    extract(shop.client, shop.paths, DAY, extracted_at=NOW, code_version="test")
    load(shop.client, shop.paths, run_id="run", now=NOW)
    return verify(shop.client, shop.paths, DAY)


def shopify(folder: Path, body: str, records: str) -> Shop:
    """The shop of one order: its head in one of the bodies, its lines, payments and refund."""
    return shop_of(
        folder,
        {
            "orders": source(SHOPIFY / body, ORDERS, records=records),
            "order_items": source(SHOPIFY / "order.json", ITEMS, records="order.line_items"),
            "payments": source(SHOPIFY / "transactions.json", PAYMENTS, values=SUCCEEDED),
            "refunds": source(SHOPIFY / "refund.json", REFUNDS, records="refund.transactions"),
        },
    )


def test_an_order_of_shopify_comes_to_its_own_total(tmp_path: Path) -> None:
    shop = shopify(tmp_path, "orders.json", "orders")
    totals = verified(shop).source_totals[0].counts
    assert (totals.compared, totals.equal, totals.different) == (1, 1, 0)
    own = json.loads((SHOPIFY / "orders.json").read_text())["orders"][0]
    found = shop.rows("select gross, discount, tax, total from raw.order_totals")
    names = ("total_line_items_price", "total_discounts", "total_tax", "total_price")
    assert found == [tuple(Decimal(own[name]) for name in names)]
    # The card was authorised and nothing captured; what was paid back is of another day than the order.
    assert shop.rows("select kind, amount from raw.payments") == [("authorization", Decimal("409.94"))]
    assert shop.rows("select refunded_date, refund_amount from raw.refunds") == [(date(2016, 6, 20), Decimal("209.00"))]


def test_an_order_of_shopify_that_contradicts_its_lines_is_named(tmp_path: Path) -> None:
    """Its head says 398.00 of goods, its lines three times 199.00."""
    with pytest.raises(VerificationError, match=r"order 450789469 is 409\.94 there and 608\.94 here"):
        verified(shopify(tmp_path, "order.json", "order"))


def test_charges_and_refunds_of_stripe_are_in_its_smallest_units(tmp_path: Path) -> None:
    objects = json.loads(STRIPE.read_text())["resources"]
    charge, refund = objects["charge"] | {"captured": True, "livemode": True}, objects["refund"]
    (tmp_path / "charges.json").write_text(json.dumps({"data": [charge]}))
    (tmp_path / "refunds.json").write_text(json.dumps({"data": [refund]}))
    reading = {"records": "data", "date_format": "epoch_seconds"}
    orders = {
        "order_id": "id",
        "customer_id": "customer",
        "order_at": "created",
        "currency": {"sql": "upper(currency)"},
    }
    kind = {"sql": "case when captured = 'true' then 'sale' else 'authorisation' end"}
    payments = {"payment_id": "id", "order_id": "id", "amount": "amount", "status": "status", "paid_at": "created"}
    back = {"refund_id": "id", "order_id": "charge", "refund_amount": "amount", "refunded_at": "created"}
    live = {"where": "livemode = 'true'"}
    shop = shop_of(
        tmp_path / "data",
        {
            "orders": source(tmp_path / "charges.json", orders, **reading, **live),
            "payments": source(
                tmp_path / "charges.json", payments | {"kind": kind}, minor_units=["amount"], **reading, **live
            ),
            "refunds": source(tmp_path / "refunds.json", back, minor_units=["refund_amount"], **reading),
        },
    )
    verified(shop)
    assert shop.rows("select amount from raw.payments") == [(Decimal(charge["amount"]) / 100,)]
    assert shop.rows("select order_id, refund_amount from raw.refunds") == [
        (charge["id"], Decimal(refund["amount"]) / 100)
    ]
