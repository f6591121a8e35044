"""The demo shop: everything it does on a day follows from its configuration and the day alone.

There is no clock and no state of a random generator. What happens to an order is a hash of the seed and the order's
number (`draws`), how many there are by a day is a share of the configured total (`timeline`). So any day, month or
chunk can be made alone, in any order, and always comes out the same.
"""

from typing import ClassVar, Literal

from contracts.source import Source
from extract.errors import ExtractError


class DemoError(ExtractError):
    """The demo cannot be made as it is configured; the message says what was found, expected and to be done."""


class DemoSource(Source):
    """Rows made by the demo generator."""

    kind: Literal["demo"]

    step: ClassVar[str] = "generate_customers"
    origins: ClassVar[tuple[str, ...]] = ("demo",)
    is_demo: ClassVar[bool] = True
    can_be_tried: ClassVar[bool] = True
    nests_payments: ClassVar[bool] = True
    is_in_our_layout: ClassVar[bool] = True


SOURCE = DemoSource
