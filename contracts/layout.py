"""How records that are not in our own layout are read, and which of their columns is which of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from contracts.block import Block
from contracts.data_file import formats
from contracts.ids import EMPTY_TEXTS, GUEST_IDS
from contracts.text_format import (
    known_encoding,
    usable_date_formats,
    usable_delimiter,
    usable_path,
    usable_patterns,
    usable_thousands,
)

if TYPE_CHECKING:
    Format = str
else:
    Format = Literal[tuple(formats())]


class LineRule(Block):
    """Classifies an order line: the first rule whose SQL condition holds decides, else it is a sale."""

    type: Literal["return", "adjustment"]
    """What a line is for which `when` holds."""
    reason: str
    """Why, in words; it becomes the reason of the return or adjustment."""
    when: str
    """An SQL condition over our column names, such as `quantity < 0`; it sees the line and nothing else."""


class ProductRule(Block):
    """Classifies product codes that are no product; ``pattern`` is a full-match regular expression."""

    type: Literal["shipping", "fee", "discount", "gift_card", "sample", "adjustment"]
    """What the product is."""
    pattern: str
    """A regular expression for the whole product code."""


class Expression(Block):
    """A value that is made of several columns, or of a part of one."""

    sql: Annotated[str, Field(min_length=1, max_length=2000)]
    """An SQL expression over the source's columns, such as `"price * quantity * rate"`; a name that is a word of SQL in
    double quotes. A text that is calculated with is read as a number, as `decimal` and `thousands` say."""

    def mentions(self, column: str) -> bool:
        """Whether the column is named in it."""
        found = _NAME.findall(_TEXT.sub("", self.sql))
        return any(column.lower() == (quoted.replace('""', '"') or name).lower() for quoted, name in found)


class LookUp(Block):
    """A value that another source of the client has, of the row whose key this row names."""

    look_up: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]
    """The dataset and its column, by our names, such as `products.list_price`."""
    by: Annotated[Mapping[str, str | Expression], Field(min_length=1)]
    """Columns of that dataset, by our names: the column of this source that has the same, or an expression."""
    missing: str | None = None
    """The value where no row has the key. Unsaid, more of them than `ceilings.orphan_share` stop the run, and of a
    column that every row needs any."""

    @field_validator("by")
    @classmethod
    def _without_outer_blanks(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        return {ours: theirs.strip() if isinstance(theirs, str) else theirs for ours, theirs in value.items()}

    @property
    def dataset(self) -> str:
        """The dataset that has the value."""
        return self.look_up.partition(".")[0]

    @property
    def column(self) -> str:
        """The column of that dataset that has it."""
        return self.look_up.partition(".")[2]

    def mentions(self, column: str) -> bool:
        """Whether the column is a part of its key."""
        return any(one.mentions(column) if isinstance(one, Expression) else one == column for one in self.by.values())


class Split(Block):
    """Cells that hold several values, each of which becomes a row."""

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    """The columns; of several the first parts are one row, the second parts the next, so that all have as many."""
    at: Annotated[str, Field(min_length=1)]
    """What stands between the parts, such as `";"` or `"\\n"`."""


class Sum(Block):
    """An amount that is the sum of a column over some of the rows."""

    sum: Annotated[str, Field(min_length=1)]
    """The file's column that is added up."""
    when: Annotated[str, Field(min_length=1)]
    """An SQL condition over the file's columns that holds for the rows of it, such as `kind = 'Tax'`."""

    def mentions(self, column: str) -> bool:
        """Whether it goes by the column."""
        return column == self.sum or Expression(sql=self.when).mentions(column)


class Sums(Block):
    """Rows of one amount each that become one row with several."""

    by: Annotated[tuple[str, ...], Field(min_length=1)]
    """The file's columns; rows that have the same in all of them become one. Of every other column that is used they
    may have one value, beside empty ones."""
    amounts: Annotated[Mapping[str, Sum], Field(min_length=1)]
    """A name of yours, for `columns:` and expressions, and which rows add up to it. A row may be of one of them only,
    and a name that no row is of is empty."""
    others: Literal["leave_out"] | None = None
    """What rows are that no `when` takes and that have an amount: left out, and counted. Unsaid, they stop the load."""

    def mentions(self, column: str) -> bool:
        """Whether rows are put together or added up by the column."""
        return column in self.by or any(one.mentions(column) for one in self.amounts.values())

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's columns that it names, without those of conditions."""
        return tuple(dict.fromkeys((*self.by, *(one.sum for one in self.amounts.values()))))


_TEXT = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r'"((?:[^"]|"")+)"|([A-Za-z_\w.]+)')


@cache
def _numbered(pattern: str) -> re.Pattern[str]:
    before, after = pattern.split("{}")
    return re.compile(rf"{re.escape(before)}([0-9]+){re.escape(after)}")


class Mapped(Block):
    """Which of their columns is which of ours."""

    columns: Mapping[str, str | Expression | LookUp]
    """Our column: theirs, or an expression over several, `{sql: ...}`, or what another source has of the row with the
    same key, such as `{look_up: products.list_price, by: {product_id: SKU}}`. In JSON `taxes[].amount` is the sum over
    the list `taxes`; in an expression such a name stands in double quotes."""
    where: str | None = None
    """An SQL condition over the source's columns that holds for the rows that are ours; the others are left out and
    counted."""
    date_format: Annotated[str | tuple[str, ...] | None, AfterValidator(usable_date_formats)] = None
    """In quotes, of `%Y %y %m %b %B %d %H %I %M %S %f %p %a %A %z %Z`, such as `"%d.%m.%Y %H:%M"`; a `Z` at the end is
    `%z`. Or `epoch_seconds`, `epoch_milliseconds` since 1970, or `excel_serial`, Excel's number of a day. A list of
    several reads what one of them alone fits. Without it dates are read as ISO 8601."""
    constants: Mapping[str, str] = Field(default_factory=dict)
    """Our column: its value in every row, for a column that the source does not have."""
    values: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """Our column: their text: ours."""
    empty_texts: tuple[str, ...] = EMPTY_TEXTS
    """Ids that mean that there is none, in capitals or not."""
    guest_ids: tuple[str, ...] = GUEST_IDS
    """Ids of customers that mean that nobody was logged in, in capitals or not."""
    fold_id_case: bool = False
    """Whether ids that differ by capitals alone are one."""

    @field_validator("columns")
    @classmethod
    def _without_outer_blanks(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Headers are read without them."""
        return {ours: theirs.strip() if isinstance(theirs, str) else theirs for ours, theirs in value.items()}

    @property
    def given(self) -> frozenset[str]:
        """Our columns that have a value."""
        return frozenset({*self.columns, *self.constants})

    @property
    def named(self) -> Mapping[str, str]:
        """Our columns that are one of theirs."""
        return {ours: theirs for ours, theirs in self.columns.items() if isinstance(theirs, str)}

    @property
    def look_ups(self) -> Mapping[str, LookUp]:
        """Our columns that another source has."""
        return {ours: one for ours, one in self.columns.items() if isinstance(one, LookUp)}

    @property
    def named_columns(self) -> tuple[str, ...]:
        """Their columns that stand for one of ours, or for a part of the key of a look-up."""
        keys = (theirs for one in self.look_ups.values() for theirs in one.by.values() if isinstance(theirs, str))
        return tuple(dict.fromkeys((*self.named.values(), *keys)))

    def uses(self, column: str) -> bool:
        """Whether one of our columns is theirs, or is made with it."""
        return any(one == column if isinstance(one, str) else one.mentions(column) for one in self.columns.values())

    @property
    def date_formats(self) -> tuple[str, ...]:
        """The formats that dates may have; none for ISO 8601."""
        if self.date_format is None:
            return ()
        return (self.date_format,) if isinstance(self.date_format, str) else self.date_format

    @property
    def expressions(self) -> Mapping[str, str]:
        """Our columns that are made by an expression."""
        return {ours: theirs.sql for ours, theirs in self.columns.items() if isinstance(theirs, Expression)}


class Rows(Mapped):
    """What the rows of a table mean, whose values have types; settings of texts are those of ``Layout``."""

    minor_units: tuple[str, ...] = ()
    """Our columns whose amounts are in cents, or in what else is the smallest unit of the client's currency."""
    negated: tuple[str, ...] = ()
    """Our columns whose amounts are delivered below zero, such as `[refund_amount]`; their sign is turned."""
    rounded: tuple[str, ...] = ()
    """Our columns whose amounts have more decimals than ours; they are rounded, half a unit away from zero."""
    ignored_columns: tuple[str, ...] = ()
    """The file's columns that are left out on purpose. One that nobody maps and whose name says test, currency, tax,
    kind of payment or total stops the load where its values would change figures."""
    new_columns: Literal["accept", "fail", "quarantine"] = "accept"
    """What happens when the file has a column that nobody maps."""
    retyped_columns: Literal["accept", "fail"] = "accept"
    """What happens when a column has another type than in the delivery before."""
    repeated_rows: Literal["keep", "drop"] | None = None
    """Whether equal rows of a file without a number of their own are each counted, or once. Unsaid, such a file stops
    the load."""
    order_values: Literal["first_row", "every_row"] | None = None
    """Where the lines of a flat file say what the order as a whole is charged: on its first row, or on all of them."""
    orders_over_days: Literal["one_order", "one_a_day"] | None = None
    """What sale lines of one number on several days of a file are: one order, of the first day, or an order each day.
    Unsaid, such lines stop the load."""
    line_rules: tuple[LineRule, ...] = ()
    """What an order line is: by the first rule that holds, else a sale."""
    product_rules: tuple[ProductRule, ...] = ()
    """Which product codes are no product: by the first pattern that matches."""

    def require_mapped(self, key: Sequence[str]) -> None:
        """Raise ValueError for a column of a key that no column of ours uses."""
        if unmapped := [name for name in key if not self.uses(name)]:
            raise ValueError(
                f"key: names {', '.join(unmapped)}, which columns: does not map; expected columns of the mapping, as "
                "all others are blanked where a customer is erased"
            )


class Layout(Rows):
    """How a file is read and what its rows mean."""

    format: Format
    """`json` is one list, `jsonl` an object a line, `excel` a sheet of a workbook (`.xlsx`, `.xls`),
    `fixed_width` lines without delimiters; the texts also as `.gz`, and each as the one file of a zip."""
    records: Annotated[str, AfterValidator(usable_path)] | None = None
    """Where the records lie in JSON: `orders` in the body `{"orders": [...]}`, `orders.line_items` for the lines of
    each order, whose own fields are then `line_items.sku`, beside `id` of their order. In a list, and in JSON Lines,
    the path begins within a record: `line_items`."""
    encoding: Annotated[str, AfterValidator(known_encoding)] | None = None
    """Any text encoding that Python knows, such as `cp1252` or `utf-16`. Without it: what a byte order mark says, else
    UTF-8."""
    delimiter: Annotated[str, AfterValidator(usable_delimiter)] | None = None
    """One character between the fields of a CSV line. Without it: what a first line such as `sep=;` says, else a
    comma."""
    escape: Literal["\\"] | None = None
    r"""`"\\"` where a backslash stands before a quotation mark within quotation marks, as MySQL writes CSV; its `\N` is
    an empty field then."""
    header_line: int | None = Field(None, ge=1)
    """The line that has the names of the columns, where lines such as a title stand above it; they are no rows."""
    ends_with_newline: bool = True
    """Whether the last line of a CSV has an end as all others have; `false` for a program that leaves it out, as a file
    without it is taken for one that was cut off."""
    fields: Mapping[str, Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}(-[1-9][0-9]{0,5})?$")]] = Field(
        default_factory=dict
    )
    """Of `fixed_width`, where lines have no delimiter: a name of yours, for `columns:` and expressions, and its
    characters in the line, from 1, such as `"1-10"`."""
    sheet: str | int | None = None
    """The sheet of a workbook by its name, or by its number, from 1; a workbook with one sheet needs none."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of amounts."""
    thousands: Annotated[str, AfterValidator(usable_thousands)] | None = None
    """The signs that may stand between groups of three digits, such as `". '"`; a blank is any kind of blank. Unsaid,
    it is the comma, or the point where the comma is the decimal sign, while no row shows it as the decimal sign."""
    currency_signs: bool = False
    """Whether the sign or code of the client's currency may stand before or behind an amount."""
    negatives: Literal["brackets", "trailing"] | None = None
    """How else than by a minus in front an amount below zero is written: `(12.50)` or `12.50-`."""
    contents: Literal["everything", "changes"] | None = None
    """What a file says when it is written again under its name. `everything`: what it has no more is gone. `changes`: a
    row stays until a newer one with its key comes. Unsaid, a file that no longer covers days which it had (or
    orders, where its rows have no day) stops the load."""
    newest: Literal["name", "modified"] | None = None
    """By what the newest of several files of one date is known: by the numbers, dates and English months in their
    names, or by when they were last written. Unsaid it is the name, and where that does not say it of two files that
    have one record with other content, the load stops."""
    fill_down: tuple[str, ...] = ()
    """The file's columns that are written once for several rows, as in merged cells or on a row of the order above its
    lines. A row whose first of them is empty continues the one above, and has its values where it has none."""
    unpivot: Annotated[Mapping[str, str], AfterValidator(usable_patterns)] = Field(default_factory=dict)
    """Numbered columns that become rows: a name of yours, for `columns:` and expressions, and the columns with `{}` for
    the number, such as `sku: "Item {} SKU"`. A number that is empty in all of them is no row."""
    split: Split | None = None
    """Cells that become several rows."""
    sums: Sums | None = None
    """Rows of one amount each that become one row with several."""

    @model_validator(mode="after")
    def _fields_are_said(self) -> Layout:
        if (self.format == "fixed_width") != bool(self.fields):
            raise ValueError('fields: says where the columns of format: fixed_width stand, such as {sku: "1-10"}')
        if wrong := [name for name, (first, end) in self.field_places.items() if end <= first]:
            raise ValueError(f"fields: {', '.join(wrong)} ends before it begins")
        taken: dict[int, str] = {}
        for name, (first, end) in self.field_places.items():
            for place in range(first, end):
                if place in taken:
                    raise ValueError(f"fields: {taken[place]} and {name} both have character {place + 1}")
                taken[place] = name
        return self

    @property
    def field_places(self) -> dict[str, tuple[int, int]]:
        """Of lines of a fixed width, each field with its first character, from 0, and the one after its last."""
        parts = {name: said.partition("-") for name, said in self.fields.items()}
        return {name: (int(first) - 1, int(last or first)) for name, (first, _, last) in parts.items()}

    @property
    def header(self) -> tuple[str, ...]:
        """The columns that the file itself has to have."""
        split = self.split.columns if self.split else ()
        summed = self.sums.columns if self.sums else ()
        names = dict.fromkeys((*self.named_columns, *self.fill_down, *split, *summed))
        made = {*self.unpivot, *(self.sums.amounts if self.sums else ())}
        return tuple(name for name in names if name not in made)

    def made_of(self, column: str) -> dict[str, int]:
        """What a numbered column of the file becomes, by the names of ``unpivot``, with its number."""
        found = {name: _numbered(pattern).fullmatch(column) for name, pattern in self.unpivot.items()}
        return {name: int(match[1]) for name, match in found.items() if match}

    @property
    def has_shape(self) -> bool:
        """Whether the rows are made of the file's records before they are read."""
        return bool(self.fill_down or self.unpivot or self.split or self.sums)

    @property
    def record_path(self) -> tuple[str, ...]:
        """The names of the fields that lists of records lie in; empty where the records are those of the file."""
        return tuple(self.records.split(".")) if self.records else ()


OWN_LAYOUT = Layout(format="jsonl", columns={})


def landed_layout(parameters: Mapping[str, Any]) -> Layout | None:
    """How a delivery with these parameters in its manifest was read when it was landed; None: in our own layout."""
    if "format" not in parameters:
        return None
    return Layout(**{name: parameters[name] for name in Layout.model_fields if name in parameters})
