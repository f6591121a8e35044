"""Invented records of an account as Stripe has them, in its smallest units."""

from __future__ import annotations

from datetime import datetime
from typing import Any

Record = dict[str, Any]
PRIVATE = "Anna Secret"  # who paid: nobody maps it


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}Z").timestamp())


def balance(of: str, amount: int, fee: int = 0, currency: str = "eur") -> Record:
    return {
        "id": f"txn_{of}", "object": "balance_transaction", "amount": amount, "fee": fee, "net": amount - fee,
        "currency": currency, "exchange_rate": None, "created": 1, "available_on": 2, "type": "charge",
        "fee_details": [], "source": of, "description": PRIVATE,
    }  # fmt: skip


def charge(number: int, amount: int, when: str = "2026-10-30T10:00:00", *, fee: int = 0, **others: Any) -> Record:
    made = {
        "id": f"ch_{number:04}", "object": "charge", "amount": amount, "amount_captured": amount,
        "amount_refunded": 0, "captured": True, "created": at(when), "currency": "eur", "customer": "cus_501",
        "description": PRIVATE, "disputed": False, "invoice": None, "livemode": True, "paid": True,
        "payment_intent": f"pi_{number}", "refunded": False, "status": "succeeded", "receipt_email": PRIVATE,
        "billing_details": {"name": PRIVATE, "email": PRIVATE, "address": {"country": "DE", "line1": PRIVATE}},
        "payment_method_details": {"type": "card", "card": {"last4": "4242"}},
        "metadata": {"order_id": str(number), "customer_name": PRIVATE}, **others,
    }  # fmt: skip
    return {"balance_transaction": balance(made["id"], amount, fee), **made}


def refund(number: int, of: int, amount: int, when: str, **others: Any) -> Record:
    made = {
        "id": f"re_{number:04}", "object": "refund", "amount": amount, "charge": f"ch_{of:04}", "created": at(when),
        "currency": "eur", "payment_intent": f"pi_{of}", "reason": "requested_by_customer", "status": "succeeded",
        "metadata": {}, **others,
    }  # fmt: skip
    return {"balance_transaction": balance(made["id"], -amount), **made}


def price(amount: int | None, interval: str = "month", count: int = 1, currency: str = "eur") -> Record:
    return {
        "id": "price_1", "unit_amount": amount, "currency": currency, "nickname": None, "product": "prod_box",
        "recurring": {"interval": interval, "interval_count": count},
    }  # fmt: skip


def subscription(number: int, what: Record, started: str, *, quantity: int | None = 1, **others: Any) -> Record:
    item = {"id": f"si_{number:04}", "created": at(started), "quantity": quantity, "price": what}
    return {
        "id": f"sub_{number:04}", "object": "subscription", "created": at(started), "customer": f"cus_{number}",
        "status": "active", "start_date": at(started), "ended_at": None, "trial_end": None, "cancel_at": None,
        "livemode": True, "description": PRIVATE,
        "items": {"object": "list", "has_more": False, "data": [item]}, **others,
    }  # fmt: skip
