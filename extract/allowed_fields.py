"""Which fields of a record are landed, as the others may say who somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Spec = Mapping[str, Any]
"""Names, each with what is kept within it; None: all of it."""


def of(*names: str, **within: Spec) -> Spec:
    """The names with all that is in them, and those of which only a part is kept."""
    return {**dict.fromkeys(names), **within}


def kept(value: Any, spec: Spec | None) -> Any:
    """The value with these fields alone, null where it has not got one; of a list each element."""
    if spec is None:
        return value
    if isinstance(value, list):
        return [kept(one, spec) for one in value]
    return {name: kept(value.get(name), below) for name, below in spec.items()} if isinstance(value, dict) else None
