"""Currencies by ISO 4217: how many decimals each has, and the signs that shops write for it."""

from __future__ import annotations

from collections.abc import Mapping

_DECIMALS: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
OURS = 2  # of every amount
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "AUD": ("$", "A$", "AU$"),
    "BGN": ("лв", "лв."),
    "BRL": ("R$",),
    "CAD": ("$", "C$", "CA$"),
    "CHF": ("Fr.", "SFr.", "Fr"),
    "CNY": ("¥", "元", "CN¥"),
    "CZK": ("Kč",),
    "DKK": ("kr", "kr."),
    "EUR": ("€",),
    "GBP": ("£",),
    "HKD": ("$", "HK$"),
    "HUF": ("Ft",),
    "ILS": ("₪",),
    "INR": ("₹", "Rs", "Rs."),
    "JPY": ("¥", "￥", "円"),
    "KRW": ("₩", "원"),
    "MXN": ("$", "MX$"),
    "NOK": ("kr", "kr."),
    "NZD": ("$", "NZ$"),
    "PHP": ("₱",),
    "PLN": ("zł",),
    "RON": ("lei",),
    "SEK": ("kr", "kr."),
    "SGD": ("$", "S$"),
    "THB": ("฿",),
    "TRY": ("₺", "TL"),
    "UAH": ("₴",),
    "USD": ("$", "US$"),
    "VND": ("₫", "đ"),
    "ZAR": ("R",),
}


def written_as(sign: str) -> list[str]:
    """The currencies that a sign or code beside an amount may stand for, the most used first."""
    found = [code for code in _SIGNS if sign in signs_of(code)]
    return sorted(found, key=lambda code: code not in ("EUR", "USD", "GBP"))


def by_decimals() -> dict[int, list[str]]:
    """The currencies whose smallest unit is no hundredth, by how many decimals it has."""
    found: dict[int, list[str]] = {}
    for currency, decimals in _DECIMALS.items():
        found.setdefault(decimals, []).append(currency)
    return found


def minor_decimals(currency: str) -> int:
    """How many decimals its smallest unit is."""
    return _DECIMALS.get(currency, OURS)


def usable_currency(currency: str) -> str:
    """Return the currency; ValueError when its amounts have more decimals than ours."""
    if minor_decimals(currency) > OURS:
        raise ValueError(
            f"{currency} has {minor_decimals(currency)} decimals, and amounts have {OURS} here; expected a currency "
            "with at most as many"
        )
    return currency


def signs_of(currency: str) -> tuple[str, ...]:
    """Its code, and what else stands for it beside an amount."""
    return (currency, *_SIGNS.get(currency, ()))
