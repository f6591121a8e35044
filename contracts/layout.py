"""How records that are not in our own layout are read, and which of their columns is which of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from contracts.block import Block
from contracts.data_file import formats
from contracts.ids import EMPTY_TEXTS, GUEST_IDS
from contracts.text_format import known_encoding, usable_date_format, usable_delimiter

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
    """An SQL condition over our column names, such as `quantity < 0`."""


class ProductRule(Block):
    """Classifies product codes that are no product; ``pattern`` is a full-match regular expression."""

    type: Literal["shipping", "fee", "discount", "gift_card", "sample", "adjustment"]
    """What the product is."""
    pattern: str
    """A regular expression for the whole product code."""


class Mapped(Block):
    """Which of their columns is which of ours."""

    columns: Mapping[str, str]
    """Our column: theirs."""
    date_format: Annotated[str, AfterValidator(usable_date_format)] | None = None
    """In quotes, of `%Y %y %m %b %B %d %H %I %M %S %f %p %a %A %z %Z`, such as `"%d.%m.%Y %H:%M"`; a `Z` at the end is
    `%z`. Without it dates are read as ISO 8601."""
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


class Layout(Mapped):
    """How a file is read and what its rows mean."""

    format: Format
    """`json` is one list, `jsonl` an object a line; the texts also as `.gz`."""
    encoding: Annotated[str, AfterValidator(known_encoding)] = "utf-8"
    """Any text encoding that Python knows, such as `cp1252` or `utf-16`."""
    delimiter: Annotated[str, AfterValidator(usable_delimiter)] = ","
    """One character between the fields of a CSV line."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of amounts."""
    minor_units: tuple[str, ...] = ()
    """Our columns whose amounts are in cents."""
    new_columns: Literal["accept", "fail", "quarantine"] = "accept"
    """What happens when the file has a column that nobody maps."""
    retyped_columns: Literal["accept", "fail"] = "accept"
    """What happens when a column has another type than in the delivery before."""
    repeated_rows: Literal["keep", "drop"] | None = None
    """Whether equal rows of a file without a number of their own are each counted, or once. Unsaid, such a file stops
    the load."""
    line_rules: tuple[LineRule, ...] = ()
    """What an order line is: by the first rule that holds, else a sale."""
    product_rules: tuple[ProductRule, ...] = ()
    """Which product codes are no product: by the first pattern that matches."""


OWN_LAYOUT = Layout(format="jsonl", columns={})


def landed_layout(parameters: Mapping[str, Any]) -> Layout | None:
    """How a delivery with these parameters in its manifest was read when it was landed; None: in our own layout."""
    if "format" not in parameters:
        return None
    return Layout(**{name: parameters[name] for name in Layout.model_fields if name in parameters})
