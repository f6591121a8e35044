"""The demo's weather: in season, the same everywhere, for every country and day."""

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.demo import Demo
from extract.sources.demo.customers import COUNTRIES
from extract.sources.demo.orders import Shop
from extract.sources.demo.spans import Span
from extract.sources.demo.truth import Truth
from extract.sources.demo.weather import weather_lines, weather_of

FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)


def shop_of(last: date = LAST, **demo: Any) -> Shop:
    return Shop.of(Demo(**demo), "America/New_York", last + timedelta(days=14))


def lines_of(shop: Shop, key: str, truth: Truth | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in weather_lines(shop, Span.of(key), truth or Truth(shop.timeline)).to_pylist()]


def test_the_configured_demo_has_the_same_weather_everywhere() -> None:
    timeline = shop_of().timeline
    temperature, rain = weather_of(shop_of(), timeline.number(FIRST), timeline.number(LAST))
    assert temperature.shape == (730, len(COUNTRIES))
    figures = (int(temperature.sum()), int(rain.sum()), int((rain > 0).sum()))
    assert figures == (5697993, 2146685, 1707), "if that is meant, raise GENERATOR and change these figures"


def test_winter_is_cold_and_summer_warm_and_no_day_is_unheard_of() -> None:
    timeline = shop_of().timeline
    temperature, rain = weather_of(shop_of(), timeline.number(FIRST), timeline.number(LAST))
    by_month: dict[tuple[int, int], list[int]] = {}
    for row in range(730):
        for country in range(len(COUNTRIES)):
            month = (FIRST + timedelta(days=row)).month
            by_month.setdefault((country, month), []).append(int(temperature[row, country]))
    for country in range(len(COUNTRIES)):
        january, june = (by_month[country, month] for month in (1, 6))
        assert sum(june) / len(june) > sum(january) / len(january) + 800
    assert -2_000 < temperature.min() < temperature.max() < 4_500
    assert 0 == rain.min() < rain.max() < 3_000
    assert 0.25 < (rain > 0).mean() < 0.5


@pytest.mark.parametrize("last", [date(2026, 2, 28), LAST])
def test_a_month_is_its_days_and_every_line_is_in_the_truth(last: date) -> None:
    shop = shop_of(last)
    truth = Truth(shop.timeline)
    month = lines_of(shop_of(), "2026-02")
    assert [line for day in range(1, 29) for line in lines_of(shop, f"2026-02-{day:02d}", truth)] == month
    assert len(month) == 28 * 6
    days: dict[str, Counter[str]] = {}
    for line in month:
        hundredths = {name: round(float(line[name]) * 100) for name in ("temperature", "precipitation")}
        days.setdefault(line["weather_date"], Counter()).update(countries=1, **hundredths)
    assert truth.days == days


def test_no_weather_is_kept_of_before_the_opening() -> None:
    assert lines_of(shop_of(), "2024-10") == []
