"""How old and how sure the data is, in words."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from serve.published import Version
from serve.wording import day

STALE_DAYS = 2


def provenance(version: Version) -> str:
    """Which data a page shows."""
    return (
        f"Data through {day(version.data_through)} · version {version.version}, published "
        f"{version.published_at:%Y-%m-%d %H:%M} UTC"
    )


def staleness(version: Version, now: datetime, last_day: date | None) -> str | None:
    """What to know when the newest day is more than two days ago in the client's time zone; else None.

    ``last_day`` is where the data of a demo ends.
    """
    today: date = now.astimezone(ZoneInfo(version.time_zone)).date()
    age = (today - version.data_through).days
    if age <= STALE_DAYS:
        return None
    if last_day is not None and version.data_through >= last_day:
        return (
            f"The demo shop's data ends on {day(version.data_through)}, {age} days ago: on purpose, so that everybody "
            "sees the same figures."
        )
    return (
        f"The newest day of this data is {day(version.data_through)}, {age} days ago. The figures are right but not "
        "up to date: the log of the last run says how it ended."
    )
