"""How what a source totals itself compares with what we make of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# What is compared with what, by kind.
WORDS = {
    "orders": "orders compared with the source's own total",
    "discounts": "orders compared with the amounts of their discount codes",
    "taxes": "orders compared with the sum of their tax lines",
    "payouts": "payouts compared with what they pay out",
}


@dataclass(frozen=True)
class SourceTotals:
    """What was compared: how many are equal, differ by rounding, and differ; and by what money.

    ``source_total`` is what the source's own totals come to, without signs, and ``difference`` what of it differs.
    """

    compared: int
    equal: int
    rounded: int
    different: int
    source_total: Decimal
    difference: Decimal
    kind: str = "orders"

    def text(self) -> str:
        """For people; empty where no source gives totals."""
        if not self.compared:
            return ""
        return (
            f"{self.compared:,} {WORDS[self.kind]}: {self.equal:,} equal, {self.rounded:,} but for rounding, "
            f"{self.different:,} different"
        )
