"""The forecast against figures worked out by hand and against published ones."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from analytics.forecast import (
    SEASON,
    WEEKS_AHEAD,
    Floats,
    as_table,
    backtest,
    choose,
    coverage,
    forecast,
    half_widths,
    linear_trend,
    naive,
    seasonal_naive,
    weighted_error,
    whole_weeks,
)
from analytics.smoothing import damped_holt, holt_winters, smoothing

MONDAY = date(2028, 1, 3)
# Sheep in Asia in millions, 1970 to 2000, from Hyndman's fpp, and below what R's ets() gives for them.
LIVESTOCK = [
    263.917747, 268.307222, 260.662556, 266.639419, 277.515778, 283.834045, 290.309028, 292.474198, 300.830694,
    309.286657, 318.331081, 329.372390, 338.883998, 339.244126, 328.600632, 314.255385, 314.459695, 321.413779,
    329.789292, 346.385165, 352.297882, 348.370515, 417.562922, 417.123570, 417.749459, 412.233904, 411.946817,
    394.697075, 401.499270, 408.270468, 414.242800,
]  # fmt: skip
# Visitor nights in Australia by quarter, 2005 to 2010, from the same book.
TOURISTS = [
    41.727458, 24.041850, 32.328103, 37.328708, 46.213153, 29.346326, 36.482910, 42.977719, 48.901525, 31.180221,
    37.717881, 40.420211, 51.206863, 31.887228, 40.978263, 43.772491, 55.558567, 33.850915, 42.076383, 45.642292,
    59.766780, 35.191877, 44.319737, 47.913736,
]  # fmt: skip


def daily(weeks: Floats) -> dict[date, Decimal]:
    """The revenue of each week on its Monday, and its Sunday without any."""
    days: dict[date, Decimal] = {}
    for number, net in enumerate(weeks):
        days[MONDAY + timedelta(weeks=number)] = Decimal(str(round(float(net), 2)))
        days[MONDAY + timedelta(weeks=number, days=6)] = Decimal(0)
    return days


def noisy(count: int) -> Floats:
    """A year's rhythm on a rising level, with noise of which 10 is a standard deviation."""
    number = np.arange(count)
    noise = np.random.default_rng(7).normal(0, 10, count)
    return np.asarray(500 + number + 100 * np.sin(2 * np.pi * number / SEASON) + noise)


def test_only_whole_weeks_count() -> None:
    days = {
        date(2028, 1, 2): Decimal(9),  # the Sunday before the first Monday
        MONDAY: Decimal(1),
        date(2028, 1, 9): Decimal("0.50"),
        date(2028, 1, 23): Decimal(3),
        date(2028, 1, 24): Decimal(9),  # the Monday after the last Sunday
    }
    first, weeks = whole_weeks(days)
    assert (first, weeks.tolist()) == (MONDAY, [1.5, 0.0, 3.0])


@pytest.mark.parametrize("days", [{}, {MONDAY: Decimal(1)}, {MONDAY + timedelta(days=1): Decimal(1)}], ids=len)
def test_no_whole_week_is_no_forecast(days: dict[date, Decimal]) -> None:
    assert whole_weeks(days)[1].tolist() == []
    assert forecast(days) == []
    assert as_table([]).num_rows == 0


def test_the_model_follows_from_the_length_of_the_history() -> None:
    def named(weeks: int) -> tuple[str, str, int] | None:
        choice = choose(weeks)
        return (choice.model_name, choice.baseline, choice.shortest) if choice else None

    assert named(43) is None
    assert named(44) == named(134) == ("damped_holt", "naive", 13)
    assert named(135) == ("holt_winters", "seasonal_naive", 104)


def test_the_back_test_sees_nothing_of_what_it_forecasts() -> None:
    weeks = np.arange(45.0)
    errors, actuals = backtest(weeks, naive, 13)
    assert errors.shape == actuals.shape == (45 - 12 - 13 + 1, WEEKS_AHEAD)
    assert actuals[0].tolist() == list(range(13, 25))
    assert actuals[-1].tolist() == list(range(33, 45))
    assert errors.tolist() == [list(range(1, 13))] * len(errors)
    assert len(backtest(np.arange(300.0), naive, 13)[0]) == 40


def test_a_band_is_as_wide_as_the_error_that_its_share_stays_below() -> None:
    errors = np.array([[(-1) ** number * number] for number in range(1, 21)], dtype=float)
    assert half_widths(errors, 0.80).tolist() == [17.0]  # ceil(21 * .8)
    assert half_widths(errors, 0.95).tolist() == [20.0]
    assert half_widths(errors[:5], 0.95).tolist() == [5.0]


def test_coverage_is_of_bands_that_know_no_later_error() -> None:
    """Errors double at origin 25: at each distance the first ones are outside, until the first of them is known."""
    errors = np.ones((40, WEEKS_AHEAD))
    assert coverage(errors, 0.95) == 1.0
    errors[25:] = 2.0
    judged = [(origin, ahead) for ahead in range(1, WEEKS_AHEAD + 1) for origin in range(19 + ahead, 40)]
    inside = [origin < 25 or origin - ahead >= 25 for origin, ahead in judged]
    assert coverage(errors, 0.95) == sum(inside) / len(judged)
    assert coverage(np.ones((20, WEEKS_AHEAD)), 0.95) is None


def test_errors_are_weighted_by_revenue() -> None:
    assert weighted_error(np.array([-1.0, 3.0]), np.array([10.0, 30.0])) == 0.1
    assert weighted_error(np.array([0.0]), np.array([0.0])) is None


def test_the_simple_methods() -> None:
    assert naive(np.array([1.0, 5.0])).tolist() == [5.0] * 12
    assert seasonal_naive(np.arange(60.0)).tolist() == list(range(8, 20))
    assert linear_trend(np.arange(10.0)) == pytest.approx(np.arange(10.0, 22.0))
    assert linear_trend(np.arange(10.0, 0.0, -1.0)).tolist() == [0.0] * 12


def test_damped_holt_is_the_model_of_ets_in_r() -> None:
    model = smoothing(np.array(LIVESTOCK))
    published = {
        "smoothing_level": 0.97402626,
        "smoothing_trend": 0.00010006,
        "damping_trend": 0.98,
        "initial_level": 252.59039965,
        "initial_trend": 6.90265918,
    }
    with model.fix_params(published):
        fitted = model.fit(optimized=False)
    assert fitted.sse / len(LIVESTOCK) == pytest.approx(195.4397924865488, abs=1e-3)
    assert float(damped_holt(np.array(LIVESTOCK))[0]) == pytest.approx(float(fitted.forecast(1)[0]), rel=0.01)


def test_the_seasonal_model_forecasts_the_tourists_of_the_book() -> None:
    """Published with an undamped trend and estimated start values: within 6 % of a quarter, 1.5 % of the year."""
    published = np.array([60.9542, 36.8505, 46.1628, 50.1272])
    found = smoothing(np.array(TOURISTS), 4).fit().forecast(4)
    assert found == pytest.approx(published, rel=0.06)
    assert found.sum() == pytest.approx(published.sum(), rel=0.015)


@pytest.mark.parametrize(("count", "model"), [(60, "damped_holt"), (135, "holt_winters")])
def test_a_forecast_of_twelve_weeks(count: int, model: str) -> None:
    weeks = noisy(count)
    rows = forecast(daily(weeks))
    assert [row.weeks_ahead for row in rows] == list(range(1, 13))
    assert [row.week_start_date for row in rows] == [MONDAY + timedelta(weeks=count + n) for n in range(12)]
    assert {row.model_name for row in rows} == {model}
    method = holt_winters if model == "holt_winters" else damped_holt
    rounded = whole_weeks(daily(weeks))[1]
    assert [row.net for row in rows] == pytest.approx(method(rounded), rel=1e-6)
    assert [row.linear_trend_net for row in rows] == pytest.approx(linear_trend(rounded))
    for row in rows:
        assert 0 <= row.lower_95 <= row.lower_80 <= row.net <= row.upper_80 <= row.upper_95
        assert row.upper_80 - row.net == pytest.approx(row.net - row.lower_80)
    assert forecast(daily(weeks)) == rows


def test_the_season_is_worth_its_model() -> None:
    rows = forecast(daily(noisy(140)))
    assert all((row.backtest_error or 1) < (row.baseline_error or 0) for row in rows)
    assert all((row.backtest_error or 1) < (row.linear_trend_error or 0) for row in rows)


def test_an_incomplete_week_changes_nothing() -> None:
    days = daily(noisy(50))
    whole = forecast(days)
    days[MONDAY + timedelta(weeks=50)] = Decimal(99_999)
    assert forecast(days) == whole


def test_a_shop_that_sells_nothing_has_a_forecast_of_nothing() -> None:
    row = forecast(daily(np.zeros(50)))[0]
    assert (row.net, row.lower_95, row.upper_95, row.backtest_error, row.baseline_error) == (0, 0, 0, None, None)


def test_bands_cover_what_they_say() -> None:
    """Of 4,000 weeks of pure noise, forecast by their mean, as many lie inside as the level says."""
    errors = np.random.default_rng(3).normal(0, 1, (4_000, WEEKS_AHEAD))
    for level in (0.80, 0.95):
        shares = [np.mean(np.abs(errors[40:]) <= half_widths(errors[start : start + 40], level)) for start in range(40)]
        assert math.isclose(float(np.mean(shares)), level, abs_tol=0.02)


def test_the_table_has_the_same_columns_with_and_without_weeks() -> None:
    table = as_table(forecast(daily(noisy(50))))
    assert table.num_rows == 12
    assert table.schema == as_table([]).schema
    assert table.column("coverage_95").to_pylist() == [forecast(daily(noisy(50)))[0].coverage_95] * 12
