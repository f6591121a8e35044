"""Datasets of records that are loaded as they are: those with a day of their own, and parts of orders without one."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.dataset import Dataset
from contracts.datasets import DATASETS

DATED: Mapping[str, Dataset] = {name: one for name, one in DATASETS.items() if one.day and not one.is_of_orders}
# Parts of an order that have its day; those that one delivery has of an order are one version of them.
OF_AN_ORDER: Mapping[str, Dataset] = {
    name: one for name, one in DATASETS.items() if not (one.day or one.is_of_orders or one.is_snapshot)
}
# No other row depends on these, so a source of one can be added to a warehouse that has rows.
STANDALONE = frozenset(name for name, dated in DATED.items() if "orders" not in dated.references.values())


def amount_of(dataset: Dataset) -> str:
    """SQL for the money of a row: what it says, else the sum of its parts."""
    if not dataset.parts:
        return str(dataset.amount)
    return f"coalesce({dataset.amount}, {' + '.join(f'coalesce({part}, 0)' for part in dataset.parts)})"


MONEY = {name: amount_of(one) for name, one in {**DATED, **OF_AN_ORDER}.items() if one.amount}
