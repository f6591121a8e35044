"""What a spreadsheet executes: one rule for every table that people download."""

from __future__ import annotations

from typing import Any

# How a text begins that a spreadsheet takes for a formula; the wide signs do so in Japanese and Chinese ones.
EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(value: Any) -> Any:
    """A text that would be executed with an apostrophe before it; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(EXECUTED) else value
