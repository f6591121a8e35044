"""Where a cursor stands: a moment, a day, a number, or a moment written as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.printable import quoted
from extract.errors import ExtractError

AHEAD = timedelta(days=1)  # a clock that is wrong by more says nothing of what comes after
PARSERS: Mapping[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "int": int,
    "Decimal": Decimal,
    "str": str,
}


def parse(mark: Mapping[str, str] | None) -> Any:
    """The value of a mark in a manifest."""
    return PARSERS[mark["type"]](mark["value"]) if mark else None


def text(value: Any) -> dict[str, str] | None:
    """A value as a manifest has it."""
    return (
        None
        if value is None
        else {"type": type(value).__name__, "value": value.isoformat() if isinstance(value, date) else str(value)}
    )


def check(value: Any, named: str) -> None:
    """Raise ExtractError where a value can be no cursor."""
    if type(value) in (datetime, int):
        return
    try:
        is_usable = type(value).__name__ in PARSERS and (not isinstance(value, str) or bool(_moment(value)))
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ExtractError(
            f"{named} is {quoted(value)}; expected a moment, a day or a whole number that grows when a row changes. "
            "Name another column as cursor:, or make one in query:."
        )


def of_json(value: Any) -> Any:
    """A value of JSON as a moment or a number; None where it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def kind(value: Any) -> Any:
    """What two values have in common that can be compared."""
    return type(value), getattr(value, "tzinfo", None) is None


def asked(value: Any) -> str:
    """A value as it is asked for: a moment in UTC, unless it has no zone."""
    if not isinstance(value, datetime):
        return str(value)
    if value.tzinfo is None:
        return value.isoformat(timespec="seconds")
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def may_reach(value: Any, low: Any) -> bool:
    """Whether a value is not before another one; of two that cannot be compared nobody knows."""
    return value is None or low is None or kind(value) != kind(low) or value >= low


def written_may_reach(low: Any, written: Any) -> bool:
    """The same of a value as manifests have it."""
    return may_reach(parse(written), low)


def months_after(begin: datetime, now: datetime) -> Iterator[datetime]:
    """When each month begins that does so after one moment and before another."""
    limit = now if begin.tzinfo else now.astimezone(UTC).replace(tzinfo=None)
    year, month = begin.year, begin.month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        start = begin.replace(year=year, month=month, day=1, hour=0, minute=0, second=0, microsecond=0)
        if start >= limit:
            return
        yield start


def before(value: Any, lag: int) -> Any:
    """Where a run begins again; None where it begins at the beginning."""
    minutes = timedelta(minutes=lag)
    if value is None:
        return None
    if isinstance(value, str):
        separator = "T" if "T" in value else " "
        return (_moment(value).replace(tzinfo=None) - minutes).isoformat(sep=separator, timespec="seconds")
    if isinstance(value, datetime):
        return value - minutes
    if isinstance(value, date):
        return (datetime.combine(value, datetime.min.time()) - minutes).date()
    return value - lag


def is_ahead(value: Any, now: datetime) -> bool:
    """Whether a value lies so far ahead that it would hide all changes until then."""
    limit = now + AHEAD
    if isinstance(value, str):
        value = _moment(value)
    if isinstance(value, datetime):
        return value > (limit if value.tzinfo else limit.astimezone(UTC).replace(tzinfo=None))
    return isinstance(value, date) and value > limit.date()


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.utcoffset():
        raise ValueError(f"{value} is not in UTC")  # texts of several zones do not sort by time
    return moment
