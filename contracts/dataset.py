"""What a dataset is: its columns and what their texts may become, its key, its day, its money, what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """One kind of column: its type, and how to say what can become it.

    A number has ``whole``, the pattern of its sign and the digits before the point, and how many decimals it may have.
    ``example`` is given where a text can be written in many ways.
    """

    sql_type: str
    expected: str = ""
    whole: str = ""
    decimals: int = 0
    example: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its texts are numbers."""
        return bool(self.whole)

    @property
    def pattern(self) -> str:
        """The plain text of a number of this kind (full match); zeros at its end are no decimals."""
        return rf"{self.whole}(\.\d{{0,{self.decimals}}}0*)?"

    @property
    def too_many_decimals(self) -> str:
        """The plain text of a number that only its decimals keep from being of this kind."""
        return rf"{self.whole}\.\d{{{self.decimals}}}\d*[1-9]\d*"


TEXT = Kind("varchar")
ID = Kind("varchar", "an id")
NAME = Kind("varchar", "a name")
MOMENT = Kind("timestamp", "a date or timestamp from 1900 on", example="2026-10-31T16:20:05Z")
DAY = Kind("date", "a day from 1900 on", example="2026-10-31")
# The patterns keep what DuckDB's cast would take silently: it rounds '1.005' to two decimals and '2.5' to a 3, reads
# '0x10' as 16, and accepts 'infinity'. Amounts end at 10^12: from there products with a rate or 10^4 leave decimal(18).
COUNT = Kind("integer", "a whole number from 1 to 999,999,999", r"\+?0*[1-9]\d{0,8}")
NON_NEGATIVE = Kind("bigint", "a whole number from 0 to 999,999,999,999,999", r"\+?\d{1,15}")
INTEGER = Kind("integer", "a whole number from -999,999,999 to 999,999,999", r"[+-]?\d{1,9}")
AMOUNT = Kind("decimal(18, 2)", "an amount from 0 to 999,999,999,999.99", r"\+?\d{1,12}", 2)
PRICE = Kind("decimal(18, 4)", "an amount from 0 to 999,999,999,999.9999", r"\+?\d{1,12}", 4)
SIGNED_PRICE = Kind("decimal(18, 4)", "an amount up to 999,999,999,999.9999", r"[+-]?\d{1,12}", 4)
DEGREES = Kind("decimal(18, 2)", "degrees from -999.99 to 999.99", r"[+-]?\d{1,3}", 2)
RATING = Kind("decimal(3, 2)", "a rating from 0 to 9.99", r"\d", 2)


@dataclass(frozen=True)
class Column:
    """One column of a dataset; ``description`` has its unit.

    ``default_if_unmapped`` is its text where a shop's own file does not map the column, ``default_if_blank`` where
    the cell is empty; with ``is_filled`` load finds a value where the source has none. Our own layout has every
    column, so a gap there is a defect.
    """

    name: str
    kind: Kind = TEXT
    description: str = ""
    is_required: bool = False
    default_if_unmapped: str | None = None
    default_if_blank: str | None = None
    allowed: tuple[str, ...] = ()
    is_filled: bool = False


def free(name: str, description: str) -> Column:
    """An amount that is 0 where nobody says one."""
    return Column(name, AMOUNT, description, is_required=True, default_if_unmapped="0", default_if_blank="0")


@dataclass(frozen=True)
class Dataset:
    """One dataset of a shop; the table of raw has its name.

    ``key`` tells its records apart, ``otherwise`` does so in files that have no column for the key, which is then made
    of it. ``day`` is its day in the client's time zone, ``moment`` the delivered timestamp that the day is cut from
    (None where the day itself is delivered), ``amount`` its money, which is reconciled from file to raw.
    """

    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    day: str | None = None
    moment: str | None = None
    amount: str | None = None
    is_snapshot: bool = False
    """Whether a file says how things are, not what happened: a row holds from its delivery's day on."""
    is_of_orders: bool = False
    """Whether its records are orders or parts of orders, which load puts together."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Column: the dataset that has a row with its value."""
    nested: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    """The lists within a record in our own layout."""

    def raw_columns(self) -> Iterator[Column]:
        """The columns of its table in raw, without what every table has."""
        for column in self.columns:
            yield column
            if column.name == self.moment and self.day:
                yield Column(self.day, DAY, is_required=True)
        if self.day and not self.moment and self.day not in {column.name for column in self.columns}:
            yield Column(self.day, DAY)  # that of its order, which may arrive later
        if self.is_snapshot:
            yield Column("valid_from", DAY, is_required=True)
