"""Which fields of Stripe's records are landed: what was paid, and nothing of a person that nobody maps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.layout import Expression
from extract.allowed_fields import Spec, kept, of
from extract.errors import ExtractError
from extract.parts import Fields, Part

_BALANCE = of("id", "amount", "fee", "net", "currency", "created", "available_on", "type")
_PRICE = of("id", "unit_amount", "currency", "nickname", "product", recurring=of("interval", "interval_count"))
RECORDS: Mapping[str, Spec] = {
    "charges": of(
        *("id", "amount", "amount_captured", "amount_refunded", "captured", "created", "currency", "customer"),
        *("disputed", "invoice", "livemode", "paid", "payment_intent", "refunded", "status"),
        balance_transaction=_BALANCE,
        payment_method_details=of("type"),
        billing_details=of(address=of("country")),
    ),
    "refunds": of(
        *("id", "amount", "charge", "created", "currency", "payment_intent", "reason", "status"),
        balance_transaction=_BALANCE,
    ),
    "subscriptions": of(
        *("id", "created", "customer", "status", "start_date", "ended_at", "trial_end", "cancel_at", "livemode"),
        items=of("has_more", data=of("id", "created", "quantity", price=_PRICE)),
    ),
}
FIELDS = Fields((), ("customer",))
# Where Stripe's smallest unit is another one than ISO 4217's: https://docs.stripe.com/currencies#special-cases
ISO_UNITS: Mapping[str, str] = {"ISK": "0.01", "UGX": "0.01", "MGA": "100"}
_METADATA = re.compile(r"(?<![\w.])metadata\.(\w+)")


def spec_of(object: str, parts: Iterable[Part]) -> Spec:  # noqa: A002 Stripe's objects
    """The fields that are landed: those above, and of the metadata, which may say anything, what is mapped."""
    texts: list[str] = []
    for part in parts:
        texts += [one.sql for one in part.layout.columns.values() if isinstance(one, Expression)]
        texts += [*part.layout.named.values(), part.layout.where or ""]
    names = sorted({name for text in texts for name in _METADATA.findall(text)})
    return {**RECORDS[object], "metadata": of(*names)} if names else RECORDS[object]


def landed(spec: Spec, record: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The record as it is landed, with the currency of the shop and what of ISO 4217's smallest units Stripe's is.

    Raises ExtractError where Stripe has cut a list off.
    """
    found: dict[str, Any] = kept(record, spec)
    if (found.get("items") or {}).get("has_more"):
        raise ExtractError(
            f"{found['id']} has more items than Stripe says at once, and nothing of it was landed. Please report it."
        )
    return {**found, "shop_currency": currency.lower(), "iso_units": ISO_UNITS.get(currency, "1")}
