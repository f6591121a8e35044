"""How money, numbers and days are written: one way for cards, tables, sentences, the report and messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from babel.numbers import get_currency_precision, get_currency_symbol

Kind = Literal["text", "day", "month", "count", "money", "share", "ratio", "number", "flag"]
Number = float | Decimal  # an int is a float to mypy
NOTHING = "–"


@dataclass(frozen=True)
class Money:
    """Amounts in the client's currency, an ISO code."""

    currency: str

    @property
    def symbol(self) -> str:
        """``$``, ``€``; the code and a space where the currency has no sign of its own."""
        symbol = get_currency_symbol(self.currency, locale="en_US")
        return f"{symbol} " if symbol.isalpha() else symbol

    @property
    def decimals(self) -> int:
        """Digits after the point: 2, none for the yen."""
        return get_currency_precision(self.currency)

    def text(self, amount: Number | None) -> str:
        """To the smallest coin: ``$1,234.50``."""
        return NOTHING if amount is None else self._signed(amount, self.decimals)

    def with_code(self, amount: Number) -> str:
        """To the smallest coin, for plain text: ``1,234.50 USD``."""
        return f"{self.bare(amount)} {self.currency}"

    def bare(self, amount: Number) -> str:
        """To the smallest coin, where a heading has the currency: ``1,234.50``."""
        return f"{'-' if amount < 0 else ''}{self._coins(amount, self.decimals)}"

    def card(self, amount: Number | None) -> str:
        """For a card: without cents from a thousand on, in millions from ten million on."""
        if amount is None:
            return NOTHING
        size = abs(Decimal(amount))
        if size >= 10_000_000:
            return f"{self._signed(Decimal(amount) / 1_000_000, 1)} M"
        return self._signed(amount, 0 if size >= 1_000 else self.decimals)

    def _signed(self, amount: Number, decimals: int) -> str:
        return f"{'-' if amount < 0 else ''}{self.symbol}{self._coins(amount, decimals)}"

    @staticmethod
    def _coins(amount: Number, decimals: int) -> str:
        # Half a cent away from zero, as the marts round; Python's formatting rounds it to the even one.
        return f"{abs(Decimal(amount)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,.{decimals}f}"


def count(value: Number | None) -> str:
    """``12,345``; units that are sold by weight or length to three decimals: ``2.5``."""
    return NOTHING if value is None else re.sub(r"\.?0+$", "", f"{value:,.3f}")


def growth(now: Number | None, before: Number | None) -> float | None:
    """What was added, as a share of what was before; None where that is missing or not above 0."""
    if now is None or before is None or before <= 0:
        return None
    return float((Decimal(now) - Decimal(before)) / Decimal(before))


def signed(value: float | None) -> str:
    """A growth: ``+12.3 %``."""
    return NOTHING if value is None else f"{value * 100:+,.1f} %"


def share(value: Number | None, decimals: int = 1) -> str:
    """A part of one as per cent: ``12.3 %``."""
    return NOTHING if value is None else f"{value * 100:,.{decimals}f} %"


def ratio(value: Number | None) -> str:
    """``3.45``."""
    return NOTHING if value is None else f"{value:,.2f}"


def day(value: date | None) -> str:
    """``31 Oct 2026``."""
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def month(value: date | None) -> str:
    """``Oct 2026``."""
    return NOTHING if value is None else f"{value:%b %Y}"


def month_name(value: date) -> str:
    """``October 2026``."""
    return f"{value:%B %Y}"


def words(name: str | None) -> str:
    """A name of the models in plain words: ``at_risk`` is ``at risk``."""
    return NOTHING if name is None else name.replace("_", " ")


def cell(value: Any, kind: Kind, money: Money) -> str:
    """The text of a table's cell."""
    if value is None:
        return NOTHING
    plain: dict[str, Callable[[Any], str]] = {
        "text": str,
        "flag": lambda flag: "yes" if flag else "no",
        "day": day,
        "month": month,
        "count": count,
        "share": share,
        "ratio": ratio,
        "number": lambda number: ratio(number).removesuffix(".00"),
    }
    return money.bare(value) if kind == "money" else plain[kind](value)


def plain_markdown(text: str) -> str:
    r"""The text as it is where Markdown is understood: ``$`` would begin a formula, ``*`` and ``_`` an emphasis."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]<>()#+-.!|$:~" else character for character in text)
