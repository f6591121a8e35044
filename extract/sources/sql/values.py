"""Values of a database as JSON, each with all of its digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

Convert = Callable[[Any], Any]


def moment_in(zone: tzinfo) -> Convert:
    """What writes a moment with its offset; one that has none is of the zone."""
    return lambda value: _aware(value, zone).isoformat()


def _aware(value: datetime, zone: tzinfo) -> datetime:
    return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(UTC)


def as_it_is(value: datetime) -> str:
    """A moment that nobody uses, with an offset or without."""
    return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).isoformat()


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)  # JSON has no word for it; load says what it is


def _bytes(value: bytes | bytearray | memoryview) -> str:
    content = bytes(value)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.hex()


def converter(moment: Convert) -> Convert:
    """What makes JSON of any value; numbers with a point are texts, as JSON readers round them to 17 digits."""
    by_type: dict[type, Convert] = {
        **{kind: lambda value: value for kind in (type(None), str, int, bool, list, dict)},
        float: _number,
        Decimal: lambda value: f"{value:f}",
        datetime: moment,
        date: date.isoformat,
        time: time.isoformat,
        **dict.fromkeys((bytes, bytearray, memoryview), _bytes),
    }

    def convert(value: Any) -> Any:
        return by_type.get(type(value), str)(value)

    return convert


def records(columns: Sequence[str], converts: Sequence[Convert]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """What makes a record of a row."""

    def record(row: Sequence[Any]) -> dict[str, Any]:
        return {name: convert(value) for name, convert, value in zip(columns, converts, row, strict=False)}

    return record
