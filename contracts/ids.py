"""Which delivered texts are one id: the same customer, product or order, however a file writes its number."""

from __future__ import annotations

import re
from typing import Any

BLANKS = (
    " \t\n\r\v\f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
GUARDED = r'="(.*)"|\'(.+)'  # how spreadsheets keep the zeros of 0042
WHOLE = r"(-?[0-9]+)\.0+"
EMAIL = r"[^@\s]+@[^@\s]+"
LOST_DIGITS = r"-?[0-9]([.,][0-9]+)?[eE]\+[0-9]+"  # a spreadsheet's 1.23E+05 may have been any of a thousand ids
_MONTHS = "Jan|Feb|Mar|Mrz|Apr|May|Mai|Jun|Jul|Aug|Sep|Sept|Oct|Okt|Nov|Dec|Dez"
SPREADSHEET_DATE = (
    rf"(?i)\d{{1,2}}[-. ]{{1,2}}({_MONTHS})\.?([-. ]\d{{2,4}})?|({_MONTHS})\.?[-. ]\d{{2,4}}"  # 3-1 becomes 1-Mar
)

EMPTY_TEXTS = ("NULL", "None", "nan", "N/A", "#N/A", "-", "--", "undefined")
"""What programs write where there is nothing."""
GUEST_IDS = ("0", "Guest")
"""What shop systems write where nobody was logged in."""


def id_text(value: Any, *, fold_case: bool = False) -> str:
    """An id as raw has it, load's SQL (load/ids.py) in Python; empty where nothing is delivered.

    Blanks around it, a spreadsheet's guard and the decimals of a whole number go; an e-mail address has no capitals.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip(BLANKS)
    if guarded := re.fullmatch(GUARDED, text, re.DOTALL):
        text = (guarded[1] or guarded[2] or "").strip(BLANKS)
    if whole := re.fullmatch(WHOLE, text):
        text = whole[1]
    return _lower(text) if fold_case or re.fullmatch(EMAIL, text, re.ASCII) else text


def _lower(text: str) -> str:
    """Character by character, as DuckDB does it: Python's own knows a capital sigma at the end of a word."""
    return "".join("i" if character == "\u0130" else character.lower() for character in text)
