"""Clusters of customers: found where they are, the same in every order and run."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest

from analytics import clusters
from analytics.clusters import NAMES, cluster_names

Floats = npt.NDArray[np.float64]
# Days since the last order, orders and value of four kinds of customers.
KINDS = {"highest_value": (5, 40, 9_000), "higher_value": (20, 12, 900), "lower_value": (300, 4, 120),
         "lowest_value": (600, 1, 15)}  # fmt: skip


def shop(each: int) -> tuple[list[str], Floats]:
    """So many customers of each kind, and the name of each one's kind."""
    rng = np.random.default_rng(5)
    kinds = [name for name in KINDS for _ in range(each)]
    return kinds, np.array([KINDS[name] for name in kinds]) * rng.uniform(0.95, 1.05, (len(kinds), 3))


def test_kinds_of_customers_are_found_and_named_by_value() -> None:
    kinds, buyers = shop(20)
    assert cluster_names(*buyers.T) == kinds


def test_the_order_of_the_customers_changes_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "SAMPLE", 30)
    kinds, buyers = shop(25)
    order = list(range(len(kinds)))
    random.Random(1).shuffle(order)
    assert cluster_names(*buyers[order].T) == [kinds[number] for number in order]


def test_too_few_customers_or_kinds_have_no_clusters() -> None:
    assert cluster_names(*np.zeros((3, 0))) == []
    assert cluster_names(*shop(9)[1].T) == []
    assert cluster_names(*np.ones((3, 500))) == []
    three = np.array([(float(number % 3), 1.0, 1.0) for number in range(99)])
    assert cluster_names(*three.T) == []


def test_what_was_paid_back_in_full_is_of_lowest_value() -> None:
    buyers = np.concatenate([shop(20)[1], [(600.0, 1.0, -50.0)]])
    assert cluster_names(*buyers.T)[-1] == NAMES[-1]
