"""The weekly forecast of revenue, and how well it would have done in the past."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from threadpoolctl import threadpool_limits

WEEKS_AHEAD = 12
SEASON = 52
# A 95 % band of fewer errors would be narrower than the worst of them: 20 is the least that leaves one of them outside.
FEWEST_ORIGINS = 20
MOST_ORIGINS = 40
QUARTER = 13

Floats = npt.NDArray[np.float64]
Method = Callable[[Floats], Floats]


@dataclass(frozen=True)
class ForecastWeek:
    """One week ahead. Errors are weighted absolute percentage errors at this distance: sum of errors / sum of revenue.

    Coverages are over all distances, of bands made from the errors known at each origin; None where too few were.
    """

    weeks_ahead: int
    week_start_date: date
    model_name: str
    net: float
    lower_80: float
    upper_80: float
    lower_95: float
    upper_95: float
    linear_trend_net: float
    baseline: str
    backtest_origins: int
    backtest_error: float | None
    linear_trend_error: float | None
    baseline_error: float | None
    coverage_80: float | None
    coverage_95: float | None


@dataclass(frozen=True)
class Choice:
    """The methods that a history allows, and the weeks that each fit of the back-test has at least."""

    model_name: str
    method: Method
    baseline: str
    baseline_method: Method
    shortest: int


def forecast(net_by_day: Mapping[date, Decimal]) -> list[ForecastWeek]:
    """The 12 weeks after the last whole one; empty where the history is too short to know how wrong it would be.

    ``net_by_day`` has every day with an order, sale or not. Forecasts and bands do not go below zero.
    """
    first_week, weeks = whole_weeks(net_by_day)
    choice = choose(len(weeks))
    if choice is None:
        return []
    with threadpool_limits(1):  # on two busy cores more threads made a fit take 500 ms instead of 15
        return _forecast(first_week, weeks, choice)


def _forecast(first_week: date, weeks: Floats, choice: Choice) -> list[ForecastWeek]:
    errors, actuals = backtest(weeks, choice.method, choice.shortest)
    trend_errors, _ = backtest(weeks, linear_trend, choice.shortest)
    baseline_errors, _ = backtest(weeks, choice.baseline_method, choice.shortest)
    point, trend = choice.method(weeks), linear_trend(weeks)
    width_80, width_95 = half_widths(errors, 0.80), half_widths(errors, 0.95)
    coverage_80, coverage_95 = coverage(errors, 0.80), coverage(errors, 0.95)
    return [
        ForecastWeek(
            weeks_ahead=step + 1,
            week_start_date=first_week + timedelta(weeks=len(weeks) + step),
            model_name=choice.model_name,
            net=float(point[step]),
            lower_80=max(float(point[step] - width_80[step]), 0.0),
            upper_80=float(point[step] + width_80[step]),
            lower_95=max(float(point[step] - width_95[step]), 0.0),
            upper_95=float(point[step] + width_95[step]),
            linear_trend_net=float(trend[step]),
            baseline=choice.baseline,
            backtest_origins=len(errors),
            backtest_error=weighted_error(errors[:, step], actuals[:, step]),
            linear_trend_error=weighted_error(trend_errors[:, step], actuals[:, step]),
            baseline_error=weighted_error(baseline_errors[:, step], actuals[:, step]),
            coverage_80=coverage_80,
            coverage_95=coverage_95,
        )
        for step in range(WEEKS_AHEAD)
    ]


def as_table(weeks: list[ForecastWeek]) -> pa.Table:
    """The weeks as dbt takes them; without a week a table without rows."""
    types = {"int": pa.int32(), "date": pa.date32(), "str": pa.string(), "float": pa.float64()}
    schema = pa.schema([(field.name, types[str(field.type).split(" ")[0]]) for field in fields(ForecastWeek)])
    return pa.Table.from_pylist([asdict(week) for week in weeks], schema=schema)


def whole_weeks(net_by_day: Mapping[date, Decimal]) -> tuple[date, Floats]:
    """The first Monday and the revenue of each week that lies wholly between the first and the last day."""
    if not net_by_day:
        return date.min, np.zeros(0)
    first_day, last_day = min(net_by_day), max(net_by_day)
    first_week = first_day + timedelta(days=-first_day.weekday() % 7)
    weeks = [Decimal(0)] * (((last_day - first_week).days + 1) // 7)
    for day, net in net_by_day.items():
        number = (day - first_week).days // 7
        if 0 <= number < len(weeks):
            weeks[number] += net
    return first_week, np.array(weeks, dtype=np.float64)


def choose(week_count: int) -> Choice | None:
    """The model for a history of so many weeks, None when it is too short for any.

    The season is used when two whole ones exist before every origin of the back-test: bands are made from a model's own
    errors, and nobody can know those of a seasonal model that was never fitted before.
    """
    tested = WEEKS_AHEAD + FEWEST_ORIGINS - 1
    if week_count < QUARTER + tested:
        return None
    from analytics.smoothing import damped_holt, holt_winters  # noqa: PLC0415 a CPU-second that is only now needed

    if week_count >= 2 * SEASON + tested:
        return Choice("holt_winters", holt_winters, "seasonal_naive", seasonal_naive, 2 * SEASON)
    return Choice("damped_holt", damped_holt, "naive", naive, QUARTER)


def backtest(weeks: Floats, method: Method, shortest: int) -> tuple[Floats, Floats]:
    """Errors (actual - forecast) and actuals by origin and weeks ahead; each forecast sees the weeks before it only."""
    last = len(weeks) - WEEKS_AHEAD
    origins = range(max(shortest, last - MOST_ORIGINS + 1), last + 1)
    actuals = np.array([weeks[origin : origin + WEEKS_AHEAD] for origin in origins])
    return actuals - np.array([method(weeks[:origin]) for origin in origins]), actuals


def half_widths(errors: Floats, level: float) -> Floats:
    """Half the width of the band at each distance: what ``level`` of the errors, one more counted, stay within."""
    count = len(errors)
    rank = min(math.ceil((count + 1) * level), count)
    widths: Floats = np.sort(np.abs(errors), axis=0)[rank - 1]
    return widths


def coverage(errors: Floats, level: float) -> float | None:
    """The share of the back-test's weeks inside bands made of errors known at the origin; None while too few are."""
    inside: list[bool] = []
    for ahead in range(1, WEEKS_AHEAD + 1):
        column = np.abs(errors[:, ahead - 1 : ahead])
        for origin in range(FEWEST_ORIGINS + ahead - 1, len(errors)):
            known = column[: origin - ahead + 1]  # an error at this distance is known so many origins later
            inside.append(bool(column[origin, 0] <= half_widths(known, level)[0]))
    return sum(inside) / len(inside) if inside else None


def weighted_error(errors: Floats, actuals: Floats) -> float | None:
    """Sum of absolute errors over sum of actuals; None where nothing was sold."""
    total = float(actuals.sum())
    return float(np.abs(errors).sum()) / total if total else None


def linear_trend(weeks: Floats) -> Floats:
    """A straight line through the history by least squares."""
    slope, level = np.polyfit(np.arange(len(weeks)), weeks, 1)
    ahead: Floats = np.maximum(level + slope * np.arange(len(weeks), len(weeks) + WEEKS_AHEAD), 0.0)
    return ahead


def naive(weeks: Floats) -> Floats:
    """The last week, again and again."""
    return np.full(WEEKS_AHEAD, weeks[-1])


def seasonal_naive(weeks: Floats) -> Floats:
    """The same weeks a season before."""
    return weeks[len(weeks) - SEASON : len(weeks) - SEASON + WEEKS_AHEAD]
