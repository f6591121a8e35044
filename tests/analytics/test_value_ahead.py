"""BG/NBD and Gamma-Gamma: the published parameters for the CDNOW sample, and what no sample can tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from analytics import value_ahead
from analytics.value_ahead import Buyers, ahead

Floats = npt.NDArray[np.float64]
# 2,357 customers of CDNOW who first bought in the first quarter of 1997, as Bruce Hardie has published them: repeat
# purchases in 39 weeks, week of the last, weeks observed, and what a repeat was worth.
SAMPLE = np.genfromtxt(Path(__file__).with_name("cdnow.csv"), delimiter=",", skip_header=1)
REPEATS, LAST_WEEK, AGE, WORTH = SAMPLE.T
CDNOW = Buyers(REPEATS, LAST_WEEK, AGE, np.where(REPEATS > 0, WORTH, 0.0))
PUBLISHED = np.array([0.243, 4.414, 0.793, 2.426])


def some(count: int) -> Buyers:
    """The first customers of the sample of whom so many came back."""
    end = int(np.flatnonzero(np.cumsum(REPEATS > 0) == count)[0]) + 1
    return Buyers(REPEATS[:end], LAST_WEEK[:end], AGE[:end], CDNOW.mean[:end])


def test_the_parameters_of_purchases_are_the_published_ones() -> None:
    found = value_ahead.purchase_parameters(REPEATS, LAST_WEEK, AGE)
    assert found is not None
    assert found == pytest.approx(PUBLISHED, abs=0.0005)


def test_the_parameters_of_worth_are_the_published_ones() -> None:
    paid = (REPEATS > 0) & (WORTH > 0)
    found = value_ahead.worth_parameters(REPEATS[paid], WORTH[paid])
    assert found is not None
    assert found == pytest.approx(np.array([6.25, 3.74, 15.44]), rel=0.002)


def test_a_customer_of_the_paper() -> None:
    """Two repeats, the last in week 30.43 of 38.86: 1.226 more in the next 39 weeks."""
    one = Buyers(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.array([22.35]))
    assert value_ahead.expected_purchases(PUBLISHED, one, 39.0) == pytest.approx(np.array([1.226]), abs=0.001)


def test_the_purchases_are_those_of_the_definition() -> None:
    """Added up week by week from chance alone: who is alive buys at its rate and may leave after each purchase."""
    rng = np.random.default_rng(7)
    r, alpha, a, b = PUBLISHED
    rates, leaving = rng.gamma(r, 1 / alpha, 400_000), rng.beta(a, b, 400_000)
    bought, clock = np.zeros_like(rates), rng.exponential(1 / np.maximum(rates, 1e-12))
    present = clock < 52
    while present.any():
        bought[present] += 1
        stays = rng.random(len(rates)) > leaving
        clock = clock + rng.exponential(1 / np.maximum(rates, 1e-12))
        present &= stays & (clock < 52)
    new = Buyers(np.array([0.0]), np.array([0.0]), np.array([0.0]), np.array([0.0]))
    assert value_ahead.expected_purchases(PUBLISHED, new, 52.0)[0] == pytest.approx(bought.mean(), rel=0.02)


def test_what_a_purchase_is_worth_lies_between_ones_own_and_that_of_all() -> None:
    """As published for CDNOW's first customer, 24.66; who never came back is worth the mean of all."""
    published = np.array([6.25, 3.74, 15.44])
    two = Buyers(np.array([2.0, 0.0]), np.array([30.43, 0.0]), np.array([38.86, 38.86]), np.array([22.35, 0.0]))
    assert value_ahead.expected_worth(published, two) == pytest.approx(np.array([24.66, 6.25 * 15.44 / 2.74]), abs=0.01)


def test_hundreds_of_purchases_stay_within_numbers() -> None:
    often = Buyers(np.array([2_000.0]), np.array([300.0]), np.array([300.0]), np.array([5.0]))
    at_its_rate = 52 * (2_000 + PUBLISHED[0]) / (300 + PUBLISHED[1])
    found = value_ahead.expected_purchases(PUBLISHED, often, 52.0)[0]
    assert at_its_rate * 0.9 < found < at_its_rate  # it may leave after each, and hardly does
    gone = Buyers(np.array([400.0]), np.array([50.0]), np.array([5_000.0]), np.array([5.0]))
    assert value_ahead.expected_purchases(PUBLISHED, gone, 52.0)[0] == pytest.approx(0, abs=1e-9)
    assert value_ahead.expected_purchases(PUBLISHED, gone, 52.0)[0] >= 0


def test_under_200_customers_who_came_back_nothing_is_said() -> None:
    assert ahead(some(199)) is None
    found = ahead(some(200))
    assert found is not None
    assert ((found.alive >= 0) & (found.alive <= 1)).all()
    assert (found.purchases >= 0).all()
    assert (found.value >= 0).all()


def test_another_order_of_customers_and_another_currency_change_nothing() -> None:
    found = ahead(CDNOW)
    assert found is not None
    turned = ahead(Buyers(REPEATS[::-1], LAST_WEEK[::-1], AGE[::-1], CDNOW.mean[::-1]))
    in_yen = ahead(Buyers(REPEATS, LAST_WEEK, AGE, CDNOW.mean * 150))
    assert turned is not None
    assert in_yen is not None
    assert np.array_equal(turned.value[::-1], found.value)
    assert in_yen.value == pytest.approx(found.value * 150, rel=1e-4)


def test_customers_who_all_buy_alike_go_on_alike() -> None:
    every_week = np.full(300, 51.0)
    found = ahead(Buyers(every_week, every_week, every_week, np.full(300, 10.0)))
    assert found is not None
    assert found.purchases == pytest.approx(np.full(300, 52.0), rel=0.03)
    assert found.value == pytest.approx(np.full(300, 520.0), rel=0.03)


def test_parameters_are_found_on_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ahead(CDNOW)
    monkeypatch.setattr(value_ahead, "SAMPLE", 1_200)
    found = ahead(CDNOW)
    assert whole is not None
    assert found is not None
    assert len(found.value) == len(REPEATS)
    assert found.value.sum() == pytest.approx(whole.value.sum(), rel=0.15)
