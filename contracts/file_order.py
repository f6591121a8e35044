"""Which of two files is the newer one, by what their names say: numbers, dates and English months as such."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import zip_longest
from typing import Any

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
NUMBER_OF = {
    **{name: number for number, name in enumerate(MONTHS, 1)},
    **{name: number for number, name in enumerate(LONG_MONTHS, 1)},
    "sept": 9,
}
HALF_A_YEAR = 6
_MONTH = rf"(?<![a-z])(?P<month>{'|'.join(sorted(NUMBER_OF, key=len, reverse=True))})(?![a-z])"
_GAP = r"[-_., ]{0,2}"
_SIGN = "[-_. ]"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
# What a name may say, the longest first.
_PARTS = tuple(
    map(
        re.compile,
        (
            rf"(?<!\d)(?P<day>\d{{1,2}}){_GAP}{_MONTH}{_GAP}{_YEAR}",
            rf"{_MONTH}{_GAP}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-_., ]{{1,2}}{_YEAR}",
            rf"{_MONTH}{_GAP}{_YEAR}",
            rf"(?<!\d)(?P<first>\d\d?)(?P<sign>{_SIGN})(?P<second>\d\d?)(?P=sign)(?P<last>(?:19|20)?\d\d)(?!(?P=sign)?\d)",
            rf"(?<!\d)(?P<part>\d\d?)[-_. ]{_YEAR}(?![-_.]?\d)",
            _MONTH,
            r"(?P<digits>\d+)",
            r"(?P<word>[^\W\d_]+)",
            r"(?s:.)",
        ),
    )
)
_ENDING = re.compile(r"(\.[a-z]{1,8}|\.7z|\.bz2)+$", re.IGNORECASE)


class Order(Enum):
    """What two names say of their files."""

    DECIDED = "their numbers, dates and months do"
    PLAIN = "a number comes before a word"
    OPEN = "nothing in them does"


@dataclass(frozen=True)
class _Part:
    """A number with its readings, by how its digits are meant; a word has none."""

    word: str = ""
    readings: Mapping[str, tuple[int, ...]] | None = None
    is_month: bool = False
    has_year: bool = False

    @property
    def text(self) -> str:
        """A text that sorts as the first reading does."""
        if self.readings is None:
            return self.word
        return "".join(f"{number:020d}" for number in next(iter(self.readings.values())))


def sorting_text(name: str) -> str:
    """A text that sorts names by age as far as they say it; else as texts sort."""
    return " ".join(part.text for part in _parts(name))


def order_of(one: str, other: str) -> Order:
    """Whether the names say which file is newer, which their sorting texts then agree with."""
    has_year = False
    for mine, theirs in zip_longest(_parts(one), _parts(other), fillvalue=_Part()):
        if mine == theirs or (mine.readings and mine.readings == theirs.readings):
            has_year = has_year or mine.has_year
            continue
        if mine.readings and theirs.readings:
            return _order_of_numbers(mine, theirs, has_year=has_year)
        if not (mine.readings or theirs.readings):
            return Order.OPEN
        return Order.DECIDED if _Part() in (mine, theirs) else Order.PLAIN
    return Order.OPEN


def _order_of_numbers(mine: _Part, theirs: _Part, *, has_year: bool) -> Order:
    common = (mine.readings or {}).keys() & (theirs.readings or {}).keys()
    signs = {_sign((mine.readings or {})[key], (theirs.readings or {})[key]) for key in common}
    is_other_year = mine.is_month and theirs.is_month and not has_year and _months_between(mine, theirs) >= HALF_A_YEAR
    return Order.DECIDED if signs == {_sign(mine.text, theirs.text)} and not is_other_year else Order.OPEN


def _sign(one: Any, other: Any) -> int:
    return bool(one > other) - bool(one < other)


def _months_between(one: _Part, other: _Part) -> int:
    (mine,), (theirs,) = ((part.readings or {"": (0,)})["number"] for part in (one, other))
    return abs(mine - theirs)


def _parts(name: str) -> Iterator[_Part]:
    text, at = _ENDING.sub("", name).lower(), 0
    while at < len(text):
        found = next(filter(None, (part.match(text, at) for part in _PARTS)))
        at = found.end()
        if said := found.groupdict():
            yield _part(said)


def _part(said: Mapping[str, str]) -> _Part:
    if "word" in said:
        return _Part(said["word"])
    if "digits" in said:
        return _number(said["digits"])
    year = (int(said["year"]),) if "year" in said else ()
    if "last" in said:
        return _short_date(int(said["first"]), int(said["second"]), said["last"])
    if "part" in said:
        return _Part(readings={"number": (*year, int(said["part"]))}, has_year=True)
    month = NUMBER_OF[said["month"]]
    day = (int(said["day"]),) if "day" in said else ()
    return _Part(readings={"number": (*year, month, *day)}, is_month=not year, has_year=bool(year))


def _number(digits: str) -> _Part:
    whole = {"number": (int(digits),)}
    if len(digits) in (8, 12, 14):  # a date, perhaps with a time
        rest = (int(digits[8:] or 0),)
        first, second = int(digits[:2]), int(digits[2:4])
        dates = {"ymd": _date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))}
        if len(digits) == 8:
            year = int(digits[4:])
            dates |= {"dmy": _date(year, second, first), "mdy": _date(year, first, second)}
        found = {key: (*value, *rest) for key, value in dates.items() if value}
        return _Part(readings={"ymd": found["ymd"]} if "ymd" in found else found or whole, has_year=bool(found))
    if len(digits) == 6:
        first, second, third = (int(digits[start : start + 2]) for start in (0, 2, 4))
        dates = {"dmy": _date(2000 + third, second, first), "mdy": _date(2000 + third, first, second)}
        return _Part(readings=whole | {key: value for key, value in dates.items() if value})
    is_year = len(digits) == 4 and 1900 <= int(digits) < 2100
    return _Part(readings=whole, has_year=is_year)


def _short_date(first: int, second: int, last: str) -> _Part:
    year = int(last) if len(last) == 4 else 2000 + int(last)
    dates = {"dmy": _date(year, second, first), "mdy": _date(year, first, second)}
    if len(last) == 2:
        dates["ymd"] = _date(2000 + first, second, int(last))
    found = {key: value for key, value in dates.items() if value}
    return _Part(readings=found or {"number": (first, second, int(last))}, has_year=bool(found))


def _date(year: int, month: int, day: int) -> tuple[int, ...] | None:
    try:
        date(year, month, day)
    except ValueError:
        return None
    return (year, month, day) if 1990 <= year < 2100 else None
