"""SQL for numbers as shops write them: which text is which plain number, with a point and digits alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.ids import BLANKS
from contracts.sql_text import literal

# Zeros of the scripts that have digits of their own; a number may be written in any.
_ZEROS = (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10)
_DIGITS = "".join(chr(zero + digit) for zero in _ZEROS for digit in range(10)) + "\u2212\uff0d\uff0b"
_ASCII = "0123456789" * len(_ZEROS) + "--+"
_TINY = r"[+-]?\d(\.\d+)?[eE]-\d+"
# What a sum of binary floating-point numbers is off by at most: beyond it, decimals are meant.
NOISE = "0.000000001"


@dataclass(frozen=True)
class Spelling:
    """How the numbers of a column are written."""

    decimal: str = "."
    thousands: str = ""
    """The signs that may stand between groups of three digits; a blank is any kind of blank."""
    currency_signs: tuple[str, ...] = ()
    negatives: str | None = None


POINT = Spelling()


def plain_number(text: str, spelling: Spelling) -> str:
    """SQL for the plain number that a text is; null where it is none."""
    trimmed = f"trim({text}, {literal(BLANKS)})"
    sign = re.escape(spelling.decimal)
    usual = literal(rf"[+-]?\d+({sign}\d{{0,8}})?")
    return (
        f"case when regexp_full_match({trimmed}, {usual}) then {_with_point(trimmed, spelling)} "
        f"else {_without_noise(_unusual(trimmed, spelling))} end"
    )


def _with_point(text: str, spelling: Spelling) -> str:
    return text if spelling.decimal == "." else f"replace({text}, ',', '.')"


def _unusual(trimmed: str, spelling: Spelling) -> str:
    """SQL for a number that is written with more than digits and a decimal sign."""
    text = f"translate({trimmed}, {literal(_DIGITS)}, {literal(_ASCII)})"
    blank = f"[{BLANKS}]"
    if spelling.currency_signs:
        signs = "|".join(re.escape(sign) for sign in sorted(spelling.currency_signs, key=len, reverse=True))
        text = f"regexp_replace({text}, {literal(rf'(?i)^([(+-]*){blank}*(?:{signs}){blank}*')}, '\\1')"
        text = f"regexp_replace({text}, {literal(rf'(?i){blank}*(?:{signs}){blank}*([)-]*)$')}, '\\1')"
    if spelling.negatives == "brackets":
        text = rf"regexp_replace({text}, '^\(([^+-]*)\)$', '-\1')"
    if spelling.negatives == "trailing":
        text = rf"regexp_replace({text}, '^([^+-]*\d)-$', '-\1')"
    groups = {blank if sign in BLANKS else re.escape(sign) for sign in spelling.thousands}
    grouped = "".join(rf"|[1-9]\d{{0,2}}(?:{group}\d{{3}})+" for group in sorted(groups))
    pattern = literal(rf"[+-]?(?:\d+{grouped})({re.escape(spelling.decimal)}\d*)?")
    bare = f"regexp_replace({text}, {literal('|'.join(sorted(groups)))}, '', 'g')" if groups else text
    number = f"case when regexp_full_match({text}, {pattern}) then {_with_point(bare, spelling)}"
    is_nothing = f"regexp_full_match({trimmed}, '{_TINY}') and abs(try_cast({trimmed} as double)) < {NOISE}"
    return f"{number} when {is_nothing} then '0' end"


def _without_noise(number: str) -> str:
    """SQL for the number with four decimals, where more are what floating-point sums leave behind."""
    exact = f"try_cast({number} as decimal(38, 20))"
    is_noise = (
        f"regexp_full_match({number}, '[+-]?\\d{{1,12}}\\.\\d{{9,}}') and abs({exact} - round({exact}, 4)) < {NOISE}"
    )
    return f"case when {is_noise} then cast(cast({exact} as decimal(18, 4)) as varchar) else {number} end"


def other_sign(decimal: str) -> str:
    """What stands between groups of three where nothing else is said, and is the decimal sign elsewhere."""
    return "," if decimal == "." else "."


def shows_as_decimal(text: str, decimal: str) -> str:
    """SQL that holds for a text whose other sign can be a decimal sign alone: that of 0,125 and 1,5, not of 1,250."""
    sign, other = re.escape(decimal), re.escape(other_sign(decimal))
    alone = rf"[^\d.,]*\d*{other}\d+[^\d.,]*"
    group = rf"[^\d.,]*[1-9]\d{{0,2}}{other}\d{{3}}[^\d.,]*"
    last = rf"[^.,]*({sign}\d{{3}})+{other}\d*[^.,]*"
    return (
        f"contains({text}, {literal(other_sign(decimal))}) and (regexp_full_match({text}, {literal(last)}) or "
        f"regexp_full_match({text}, {literal(alone)}) and not regexp_full_match({text}, {literal(group)}))"
    )


def turned(number: str) -> str:
    """SQL for the number with the other sign."""
    bare = f"ltrim({number}, '+-')"
    is_below = f"starts_with({number}, '-') or regexp_full_match({bare}, '0*(\\.0*)?')"
    return f"case when {is_below} then {bare} else '-' || {bare} end"


def rounded(number: str, decimals: int) -> str:
    """SQL for the number with so many decimals, half away from zero."""
    pattern = rf"[+-]?\d{{1,12}}\.\d{{{decimals + 1},}}"
    exact = f"round(try_cast({number} as decimal(38, 20)), {decimals})"
    return (
        f"case when regexp_full_match({number}, '{pattern}') "
        f"then cast(cast({exact} as decimal(38, {decimals})) as varchar) else {number} end"
    )


def from_minor_units(number: str, decimals: int) -> str:
    """SQL for a whole number of cents, or of what else is the smallest unit of a currency, as the amount."""
    whole = r"[+-]?\d{1,16}(\.0*)?"
    unit = f"cast({'1' if not decimals else '0.' + '0' * (decimals - 1) + '1'} as decimal(18, {decimals}))"
    return (
        f"case when regexp_full_match({number}, '{whole}') "
        f"then cast(cast({number} as decimal(18, 0)) * {unit} as varchar) end"
    )
