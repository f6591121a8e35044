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
    is_positive: bool = False
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
LINE_NUMBER = Kind("bigint", "a whole number from 1 to 999,999,999,999,999", r"\+?0*[1-9]\d{0,14}")
NON_NEGATIVE = Kind("bigint", "a whole number from 0 to 999,999,999,999,999", r"\+?\d{1,15}")
INTEGER = Kind("integer", "a whole number from -999,999,999 to 999,999,999", r"[+-]?\d{1,9}")
AMOUNT = Kind("decimal(18, 2)", "an amount from 0 to 999,999,999,999.99", r"\+?\d{1,12}", 2)
PRICE = Kind("decimal(18, 4)", "an amount from 0 to 999,999,999,999.9999", r"\+?\d{1,12}", 4)
SIGNED_PRICE = Kind("decimal(18, 4)", "an amount up to 999,999,999,999.9999", r"[+-]?\d{1,12}", 4)
SIGNED_AMOUNT = Kind("decimal(18, 2)", "an amount up to 999,999,999,999.99", r"[+-]?\d{1,12}", 2)
# A digit more than 18 makes DuckDB keep all digits of a product with a price.
QUANTITY = Kind("decimal(19, 3)", "a number above 0, up to 999,999,999.999", r"\+?\d{1,9}", 3, is_positive=True)
UNITS = Kind("decimal(19, 3)", "a number from 0 to 999,999,999.999", r"\+?\d{1,9}", 3)
SIGNED_QUANTITY = Kind("decimal(19, 3)", "a number up to 999,999,999.999", r"[+-]?\d{1,9}", 3)
SHARE = Kind("decimal(9, 6)", "a share from 0 to 1", r"\+?0*[01]?", 6)
FLAG = Kind("boolean", "yes or no, true or false, 1 or 0")
CURRENCY = Kind("varchar", "an ISO 4217 code", example="EUR")
EXCHANGE_RATE = Kind("decimal(19, 8)", "a rate above 0", r"\+?\d{1,9}", 8, is_positive=True)
DEGREES = Kind("decimal(18, 2)", "degrees from -999.99 to 999.99", r"[+-]?\d{1,3}", 2)
RATING = Kind("decimal(3, 2)", "a rating from 0 to 9.99", r"\d", 2)


@dataclass(frozen=True)
class Column:
    """One column of a dataset; ``description`` has its unit.

    ``default_if_unmapped`` is its text where a shop's own file does not map the column, ``default_if_blank`` where
    the cell is empty; with ``is_filled`` load finds a value where the source has none. Our own layout has every
    column, so a gap there is a defect. ``below_zero`` says where an amount belongs that a source gives below 0.
    """

    name: str
    kind: Kind = TEXT
    description: str = ""
    is_required: bool = False
    default_if_unmapped: str | None = None
    default_if_blank: str | None = None
    allowed: tuple[str, ...] = ()
    is_filled: bool = False
    instead: str | None = None
    """The column that it is worked out from where a shop's own file does not map it."""
    below_zero: str = ""
    is_personal: bool = False
    """Whether it says who somebody is, so that no message quotes it."""


def free(name: str, description: str) -> Column:
    """An amount that is 0 where nobody says one."""
    return Column(name, AMOUNT, description, is_required=True, default_if_unmapped="0", default_if_blank="0")


def known(name: str, description: str) -> Column:
    """An amount that is null where nobody says one."""
    return Column(name, AMOUNT, description)


@dataclass(frozen=True)
class Dataset:
    """One dataset of a shop; the table of raw has its name.

    ``key`` tells its records apart, ``otherwise`` does so in files that have no column for the key, which is then made
    of it. ``day`` is its day in the client's time zone, ``moment`` the delivered timestamp that the day is cut from
    (None where the day itself is delivered), ``amount`` its money, which is reconciled from file to raw: the sum of
    its ``parts`` where a record does not say it.
    """

    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    day: str | None = None
    moment: str | None = None
    amount: str | None = None
    dated: str | None = None
    """The column that says when, where neither ``moment`` nor ``day`` is one of its own."""
    is_planned: bool = False
    """Whether its day may lie ahead: what it says did not happen yet."""
    parts: tuple[str, ...] = ()
    is_snapshot: bool = False
    """Whether a file says how things are, not what happened: a row holds from its delivery's day on."""
    is_of_orders: bool = False
    """Whether its records are orders or parts of orders, which load puts together."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Column: the dataset that has a row with its value."""
    nested: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    """The lists within a record in our own layout."""

    @property
    def when(self) -> str | None:
        """The column that says when a record is of; None where none does."""
        return self.dated or self.moment or self.day

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
