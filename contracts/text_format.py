"""What a client file may say of a shop's text files: their encoding, delimiter and dates, refused while it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping

DIRECTIVE = re.compile(r"%(-?[dmyHIMS]|[aAbBYfpzZ%])")
# What counts from the beginning of 1970 in UTC: how many microseconds one is.
EPOCHS = {"epoch_seconds": 1_000_000, "epoch_milliseconds": 1_000}
COUNTED = (*EPOCHS, "excel_serial")
_DATE_EXAMPLE = (
    "expected for example '%d.%m.%Y', '%m/%d/%Y %I:%M %p', '%Y-%m-%dT%H:%M:%S%z', epoch_seconds, epoch_milliseconds or "
    "excel_serial"
)
_NEEDED = {"year (%Y or %y)": "Yy", "month (%m, %b or %B)": "mbB", "day (%d)": "d"}


def known_encoding(value: str) -> str:
    """Return the encoding; ValueError when Python has no text encoding of that name."""
    try:
        "".encode(value)
    except (LookupError, ValueError) as error:
        raise ValueError(f"{error}; expected for example utf-8, cp1252 or utf-16") from error
    return value


def usable_delimiter(value: str) -> str:
    """Return the delimiter; ValueError when it is not one character or one that CSV needs otherwise."""
    if len(value) != 1 or value in '"\r\n':
        raise ValueError(
            'it must be one character, no quotation mark and no line end; expected for example ",", ";" or "\\t" '
            "(a tab, in double quotes)"
        )
    return value


def usable_date_formats(value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    """Return the date format, or several; ValueError when one of them is none."""
    for one in (value,) if isinstance(value, str) else value or ():
        usable_date_format(one)
    return value


def usable_date_format(value: str) -> str:
    """Return the date format; ValueError when it has an unknown part or does not say the whole date.

    Without a year every date would be of 1900, without %p every time of %I before noon, and a plain Z at the end
    would be passed over, although it says UTC.
    """
    if value in COUNTED:
        return value
    if unknown := re.search("%-?.?", DIRECTIVE.sub("", value)):
        raise ValueError(f"{unknown[0]} is no part of a date; {_DATE_EXAMPLE}")
    parts = "".join(DIRECTIVE.findall(value))
    if missing := [name for name, letters in _NEEDED.items() if not set(letters) & set(parts)]:
        raise ValueError(f"it has no {' and no '.join(missing)}; {_DATE_EXAMPLE}")
    if "I" in parts and "p" not in parts:
        raise ValueError(f"%I needs %p, which tells morning from afternoon; {_DATE_EXAMPLE}")
    if value.endswith("Z") and not value.endswith("%Z"):
        raise ValueError(f"write %z for the Z at the end, so that it counts as UTC; {_DATE_EXAMPLE}")
    return value


def usable_thousands(value: str) -> str:
    """Return the signs that may stand between groups of three digits; ValueError when one can be none."""
    if unusable := sorted({sign for sign in value if sign.isalnum() or sign in "+-()"}):
        raise ValueError(f'{" ".join(unusable)} cannot stand between groups of digits; expected for example ". \'"')
    return value


def usable_patterns(value: Mapping[str, str]) -> Mapping[str, str]:
    """Return the names of numbered columns; ValueError when one does not say where its number stands."""
    if wrong := [pattern for pattern in value.values() if pattern.count("{}") != 1]:
        raise ValueError(f'{wrong[0]} has not one {{}} for the number; expected for example "Item {{}} SKU"')
    return value


def usable_path(value: str) -> str:
    """Return the path of names with points between; ValueError when one is missing or cannot be looked for."""
    if not all(value.split(".")) or '"' in value:
        raise ValueError('expected names of fields with points between, such as "orders" or "orders.line_items"')
    return value
