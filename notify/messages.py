"""The messages to the team when a run has ended. No row of data and no address gets into a message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.printable import EMAIL_REMOVED, one_line
from contracts.warning import counted

LONGEST_CAUSE = 300
ADDRESS = re.compile(r"[^\s,;<>\"'()]+@[^\s,;<>\"'()]+")  # of a server, too: it may have a password in it


@dataclass(frozen=True)
class Message:
    """One notification, plain text."""

    title: str
    body: str


def succeeded(
    *,
    client: str,
    data_through: date,
    sales: str,
    rows: Mapping[str, int],
    books: Sequence[str],
    report: str | None,
    duration: timedelta,
    warnings: Sequence[str],
) -> Message:
    """Says that a version was published and what is in it.

    ``sales`` are revenue and orders, ``rows`` the row counts of the published tables, ``books`` how the records landed
    became them and compare with totals that others gave, ``report`` the file name of the PDF that comes with it, None
    where there is no order yet.
    """
    lines = [
        f"Revenue {sales}.",
        f"{sum(rows.values()):,} rows in {len(rows)} tables, data through {data_through}.",
        *(f"{line}." for line in books),
        f"The report is {report}." if report else "There is no report, as there is no order yet.",
        f"The run took {_minutes(duration)}.",
        *([f"{counted(warnings)}."] if warnings else []),
        *(f"Warning: {_one_line(warning)}" for warning in warnings),
    ]
    number = f" with {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else ""
    return Message(f"{client}: published through {data_through}{number}", "\n".join(lines))


def failed(*, client: str, task: str, run: str, cause: str, next_step: str, readers: str) -> Message:
    """Says which task of which run failed, why in one line, what to do, and what ``readers`` see now."""
    lines = [
        f"Cause: {_one_line(cause)}",
        f"Next step: {next_step}",
        f"Run: {run}. {readers}",
    ]
    return Message(f"{client}: {task} failed", "\n".join(lines))


def _one_line(text: str) -> str:
    """The text on one line, shortened, without e-mail addresses or the credentials of a URL."""
    line = one_line(ADDRESS.sub(EMAIL_REMOVED, " ".join(text.split())))
    return line if len(line) <= LONGEST_CAUSE else f"{line[: LONGEST_CAUSE - 3]}..."


def _minutes(duration: timedelta) -> str:
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
