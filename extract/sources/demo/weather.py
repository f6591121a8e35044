"""The weather in the countries of the demo's customers: by the season, with luck of each day's own."""

from __future__ import annotations

import calendar

import numpy as np
import pyarrow as pa

from extract.sources.demo.customers import COUNTRIES
from extract.sources.demo.draws import Ints
from extract.sources.demo.orders import Shop
from extract.sources.demo.spans import Span
from extract.sources.demo.text import days, join, money, quoted, texts
from extract.sources.demo.timeline import FOUNDING_DAYS
from extract.sources.demo.truth import Truth

# By country as in COUNTRIES: degrees Celsius at the first of each month, between them a straight line. Then of 1,000
# days those with rain.
NORMALS = (
    (1, 2, 6, 12, 17, 22, 25, 25, 21, 15, 9, 3),
    (5, 5, 6, 9, 12, 15, 17, 18, 16, 12, 8, 6),
    (1, 1, 4, 9, 13, 17, 19, 19, 16, 11, 6, 2),
    (5, 5, 8, 12, 15, 19, 21, 21, 19, 14, 9, 6),
    (-9, -9, -4, 3, 11, 17, 20, 20, 16, 9, 3, -5),
    (15, 17, 22, 28, 32, 33, 31, 30, 29, 27, 21, 17),
)
WET_PER_MILLE = (330, 450, 430, 400, 380, 270)
_COUNTRIES = quoted(COUNTRIES)
_WET = np.array(WET_PER_MILLE, dtype=np.int64)


def weather_of(shop: Shop, first: int, last: int) -> tuple[Ints, Ints]:
    """Hundredths of degrees and of millimetres of rain, by day from ``first`` to ``last`` and country."""
    dates = [shop.timeline.day(day) for day in range(first, last + 1)]
    counter = np.array([date.toordinal() for date in dates], dtype=np.int64)[:, np.newaxis] * len(COUNTRIES)
    counter = counter + np.arange(len(COUNTRIES))
    normals = np.empty((len(dates), len(COUNTRIES)), dtype=np.int64)
    for row, date in enumerate(dates):
        length = calendar.monthrange(date.year, date.month)[1]
        for country, months in enumerate(NORMALS):
            begin, end = months[date.month - 1], months[date.month % 12]
            normals[row, country] = 100 * (begin * (length - date.day + 1) + end * (date.day - 1)) // length
    draws = shop.draws
    temperature = normals + draws.below("warmth", counter, 801) + draws.below("warmth too", counter, 801) - 800
    is_wet = draws.below("wet", counter, 1_000) < _WET
    return temperature, np.where(is_wet, 20 + draws.below("rain", counter, 2_500), 0)


def weather_lines(shop: Shop, span: Span, truth: Truth) -> pa.Array:
    """The weather of a span's days as JSON lines, counted in ``truth``; none is kept of before the opening."""
    first = max(shop.timeline.number(span.first), FOUNDING_DAYS)
    last = max(shop.timeline.number(span.last), first - 1)
    temperature, rain = (values.ravel() for values in weather_of(shop, first, last))
    day = np.repeat(np.arange(first, last + 1, dtype=np.int64), len(COUNTRIES))
    truth.add(day, {"countries": np.ones_like(day), "temperature": temperature, "precipitation": rain})
    return join(
        '{"weather_date":"',
        days(day + shop.timeline.first.toordinal()),
        '","country":',
        texts(_COUNTRIES, np.tile(np.arange(len(COUNTRIES)), last + 1 - first)),
        ',"temperature":"',
        money(temperature),
        '","precipitation":"',
        money(rain),
        '"}\n',
    )
