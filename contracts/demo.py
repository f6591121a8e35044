"""What the demo shop is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field, model_validator

from contracts.block import Block


class Demo(Block):
    """Size and span of the demo shop: totals over ``start`` to ``through``, both included."""

    seed: int = 20261031
    """Another seed makes another shop."""
    start: date = date(2024, 11, 1)
    """The first day of its data."""
    through: date = date(2026, 10, 31)
    """The last day of its data, and the business date of a run that names none."""
    customers: int = Field(200, ge=1)
    """How many customers."""
    transactions: int = Field(1_000, ge=0)
    """How many order items."""
    defects: Mapping[str, float] = Field(default_factory=dict)
    """Faults to make on purpose: name of the defect: share of the records that have it."""

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Demo:
        if self.start > self.through:
            raise ValueError(
                f"start {self.start} is after through {self.through}; expected the first and the last day of the "
                f"demo's data, for example start: {self.through.replace(year=self.through.year - 1, day=1)}"
            )
        return self
