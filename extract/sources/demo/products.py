"""What is sold: how often each product of the catalogue is bought, and at what price on which day."""

from __future__ import annotations

import numpy as np

from extract.sources.demo.draws import Draws, Ints

# Products 1 to 20, prices in cents. The demo's own: its figures must not depend on whether the API answered.
_CENTS = (10995, 2230, 5599, 1599, 69500, 16800, 999, 1099, 6400, 10900, 10900, 11400, 59900, 99999)
PRICES = np.array((*_CENTS, 5699, 2995, 3999, 985, 795, 1299), dtype=np.int64)
# Of 1,000 items: four products of twenty make 65 %.
SHARES = (170, 260, 45, 60, 3, 8, 20, 12, 35, 25, 8, 12, 5, 2, 20, 40, 30, 90, 130, 25)
PRICE_DAYS = 182  # prices are set again twice a year


def price_on(draws: Draws, product: Ints, days_after_through: Ints) -> Ints:
    """Cents per piece: the catalogue's price in the half-year that ends the demo's span, 92 to 103 % of it in others.

    ``days_after_through`` is negative before the last day of the span.
    """
    half_year = -(-days_after_through // PRICE_DAYS)
    level = 92 + draws.below("price", half_year * 1_000 + product, 12)
    return PRICES[product] * np.where(half_year == 0, 100, level) // 100
