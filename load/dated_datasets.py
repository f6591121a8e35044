"""Datasets of records that have a day of their own and are loaded as they are."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.dataset import Dataset
from contracts.datasets import DATASETS

DATED: Mapping[str, Dataset] = {name: one for name, one in DATASETS.items() if one.day and not one.is_of_orders}
# No other row depends on these, so a source of one can be added to a warehouse that has rows.
STANDALONE = frozenset(name for name, dated in DATED.items() if "orders" not in dated.references.values())


def amount_of(dataset: Dataset) -> str:
    """SQL for the money of a row: what it says, else the sum of its parts."""
    if not dataset.parts:
        return str(dataset.amount)
    return f"coalesce({dataset.amount}, {' + '.join(f'coalesce({part}, 0)' for part in dataset.parts)})"


MONEY = {name: amount_of(dated) for name, dated in DATED.items() if dated.amount}
