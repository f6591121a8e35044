"""What a spreadsheet executes: one rule for every table that people download."""

from __future__ import annotations

from typing import Any

# How a text begins that a spreadsheet takes for a formula; the wide signs do so in Japanese and Chinese ones.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_formula(value: Any) -> Any:
    """A text that would be executed with an apostrophe before it; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_PREFIXES) else value


def escape_formula_sql(text: str) -> str:
    """The same of an SQL expression that gives text."""
    prefixes = ", ".join(f"'{sign}'" for sign in FORMULA_PREFIXES)
    return f"if(left({text}, 1) in ({prefixes}), '''' || {text}, {text})"
