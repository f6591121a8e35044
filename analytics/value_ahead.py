"""What customers will buy: BG/NBD for the number of purchases, Gamma-Gamma for what one is worth.

Formulas: Fader, Hardie, Lee, "Counting Your Customers" the Easy Way (Marketing Science 24, 2005); Fader, Hardie, The
Gamma-Gamma Model of Monetary Value (2013).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import expit, gammaln, hyp2f1  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]

FEWEST_REPEAT_BUYERS = 200
SAMPLE = 50_000  # parameters are found on so many customers at most, and hold for all
WEEKS = 52.0
LARGEST_LOG = 7.0  # parameters up to a thousand: beyond, customers are as good as alike


@dataclass(frozen=True)
class Buyers:
    """Customers by their purchases, a day each: repeats after the first, and weeks from that to the last and to now.

    ``mean`` is what a repeat was worth on average; 0 where there was none.
    """

    repeats: Floats
    last_week: Floats
    age: Floats
    mean: Floats


@dataclass(frozen=True)
class Ahead:
    """Per customer: the chance to buy again at all, and purchases and their worth in the next 52 weeks."""

    alive: Floats
    purchases: Floats
    value: Floats


def ahead(buyers: Buyers) -> Ahead | None:
    """What is to be expected of each, in the order given; None under 200 customers who came back, or without a fit."""
    if int((buyers.repeats > 0).sum()) < FEWEST_REPEAT_BUYERS:
        return None
    order = np.lexsort((buyers.mean, buyers.age, buyers.last_week, buyers.repeats))
    sample = order[:: -(-len(order) // SAMPLE)]
    purchase = purchase_parameters(buyers.repeats[sample], buyers.last_week[sample], buyers.age[sample])
    paid = sample[(buyers.repeats[sample] > 0) & (buyers.mean[sample] > 0)]
    worth = worth_parameters(buyers.repeats[paid], buyers.mean[paid]) if len(paid) else None
    if purchase is None or worth is None or worth[1] <= 1:  # the mean of all customers' worth would be infinite
        return None
    purchases = expected_purchases(purchase, buyers, WEEKS)
    if not np.isfinite(purchases).all():  # beyond the numbers that a computer has
        return None
    return Ahead(alive(purchase, buyers), purchases, purchases * expected_worth(worth, buyers))


def purchase_parameters(repeats: Floats, last_week: Floats, age: Floats) -> Floats | None:
    """r, alpha, a and b of the BG/NBD model by maximum likelihood; None where it has no maximum."""

    def likelihood(parameters: Floats) -> float:
        r, alpha, a, b = parameters
        common = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
        common += gammaln(a + b) + gammaln(b + repeats) - gammaln(b) - gammaln(a + b + repeats)
        still = -(r + repeats) * np.log(alpha + age)
        came = repeats > 0
        gone = np.full_like(still, -np.inf)
        gone[came] = np.log(a / (b + repeats[came] - 1)) - (r + repeats[came]) * np.log(alpha + last_week[came])
        return float((common + np.logaddexp(still, gone)).mean())

    return _most_likely(likelihood, 4)


def worth_parameters(repeats: Floats, mean: Floats) -> Floats | None:
    """p, q and gamma of the Gamma-Gamma model by maximum likelihood, of customers who came back and paid."""
    unit = float(mean.mean())  # without it the search would begin far away where a coin is worth little
    scaled = mean / unit

    def likelihood(parameters: Floats) -> float:
        p, q, gamma = parameters
        found = gammaln(p * repeats + q) - gammaln(p * repeats) - gammaln(q) + q * np.log(gamma)
        found += (p * repeats - 1) * np.log(scaled) + p * repeats * np.log(repeats)
        found -= (p * repeats + q) * np.log(gamma + repeats * scaled)
        return float(found.mean())

    found = _most_likely(likelihood, 3)
    return None if found is None else found * np.array([1.0, 1.0, unit])


def alive(parameters: Floats, buyers: Buyers) -> Floats:
    """The chance that a customer has not left for good."""
    r, alpha, a, b = parameters
    came = buyers.repeats > 0
    log_odds = np.full_like(buyers.age, -np.inf)
    repeats = buyers.repeats[came]
    ratio = np.log(alpha + buyers.age[came]) - np.log(alpha + buyers.last_week[came])
    log_odds[came] = np.log(a / (b + repeats - 1)) + (r + repeats) * ratio
    return np.asarray(expit(-log_odds), dtype=np.float64)


def expected_purchases(parameters: Floats, buyers: Buyers, weeks: float) -> Floats:
    """Purchases in so many weeks from now.

    The paper's formula after Euler's transformation of its function, which is the same and stays within a computer's
    numbers for customers with hundreds of purchases.
    """
    r, alpha, a, b = parameters
    a = a + 1e-9 if abs(a - 1) < 1e-9 else a  # the formula divides by a - 1
    share, c = weeks / (alpha + buyers.age + weeks), a + b + buyers.repeats - 1
    left = (1 - share) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, c, share)
    found = c / (a - 1) * (1 - left) * alive(parameters, buyers)
    return np.asarray(np.maximum(found, 0.0), dtype=np.float64)  # by a rounding it may be below


def expected_worth(parameters: Floats, buyers: Buyers) -> Floats:
    """What a purchase of each customer is worth: between its own mean and that of all, the more it bought its own."""
    p, q, gamma = parameters
    known = np.where(buyers.mean > 0, buyers.repeats, 0.0)
    return np.asarray(p * (gamma + known * buyers.mean) / (p * known + q - 1), dtype=np.float64)


def _most_likely(likelihood: Callable[[Floats], float], count: int) -> Floats | None:
    """The positive parameters with the highest likelihood, found from 1 on; None where there is none.

    Where customers do not differ, the likelihood only rises towards infinity: the bounds are as good as that.
    """
    found = minimize(
        lambda logs: -likelihood(np.exp(logs)),
        np.zeros(count),
        method="L-BFGS-B",
        bounds=[(-LARGEST_LOG, LARGEST_LOG)] * count,
        options={"maxiter": 1_000, "ftol": 1e-12, "gtol": 1e-8},
    )
    return np.asarray(np.exp(found.x), dtype=np.float64) if np.isfinite(found.fun) else None
