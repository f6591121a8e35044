"""The methods of the forecast that statsmodels fits."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from analytics.forecast import SEASON, WEEKS_AHEAD

Floats = npt.NDArray[np.float64]


def smoothing(weeks: Floats, season: int | None = None) -> ExponentialSmoothing:
    """Exponential smoothing with a damped additive trend and, where one is given, an additive season; not fitted yet.

    With a season the start values are taken from the data: 52 more parameters to be estimated fit the noise.
    """
    return ExponentialSmoothing(
        weeks,
        trend="add",
        damped_trend=True,
        seasonal="add" if season else None,
        seasonal_periods=season,
        initialization_method="heuristic" if season else "estimated",
    )


def damped_holt(weeks: Floats) -> Floats:
    """Holt's method with a damped trend, no season."""
    return _fitted(smoothing(weeks))


def holt_winters(weeks: Floats) -> Floats:
    """Holt-Winters with a damped trend and a season of 52 weeks."""
    return _fitted(smoothing(weeks, SEASON))


def _fitted(model: ExponentialSmoothing) -> Floats:
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        # A fit that stopped early, or that is perfect, is judged by its errors in the back-test, like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        ahead: Floats = np.maximum(model.fit().forecast(WEEKS_AHEAD), 0.0)
    return ahead
