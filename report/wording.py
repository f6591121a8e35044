"""How the report writes amounts, shares and months."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel.numbers import format_currency

NOTHING = "–"


def money(amount: Decimal | None, currency: str) -> str:
    """``$1,234.50``, to the smallest coin."""
    return NOTHING if amount is None else format_currency(amount, currency, locale="en_US")


def count(value: int) -> str:
    """``1,234``."""
    return f"{value:,}"


def share(value: float | Decimal | None) -> str:
    """A part of one as ``12.3 %``."""
    return NOTHING if value is None else f"{value * 100:,.1f} %"


def change(now: Decimal | int | None, before: Decimal | int | None) -> float | None:
    """Growth as a share of what was before; None where that is nothing or below."""
    if now is None or before is None or before <= 0:
        return None
    return float((Decimal(now) - Decimal(before)) / Decimal(before))


def signed(value: float | None) -> str:
    """A growth as ``+12.3 %``."""
    return NOTHING if value is None else f"{value * 100:+,.1f} %"


def month_name(month: date) -> str:
    """``October 2026``."""
    return f"{month:%B %Y}"
