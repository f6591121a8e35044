"""How the orders whose source gives their total compare with what we make of their lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class SourceTotals:
    """Orders that were compared: how many are equal, differ by rounding, and differ; and by what money.

    ``source_total`` is what the source's own totals come to, without signs, and ``difference`` what of it differs.
    """

    compared: int
    equal: int
    rounded: int
    different: int
    source_total: Decimal
    difference: Decimal

    def text(self) -> str:
        """For people; empty where no source gives totals."""
        if not self.compared:
            return ""
        return (
            f"{self.compared:,} orders compared with the source's own total: {self.equal:,} equal, "
            f"{self.rounded:,} but for rounding, {self.different:,} different"
        )
