"""What a person is asked, and what each answer writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MOST = 8


@dataclass(frozen=True)
class Option:
    """One answer, and what it changes: the path of a setting and its value, None to take it away."""

    said: str
    changes: tuple[tuple[tuple[str, ...], Any], ...]


@dataclass(frozen=True)
class Question:
    """A question about a setting; without options the answer is its value."""

    setting: str
    text: str
    options: tuple[Option, ...] = ()
