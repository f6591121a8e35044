"""Altair charts of rows: axes with units, colours that colour-blind people tell apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import altair as alt

from dashboard.filters import Grain
from dashboard.formats import words
from dashboard.published import Rows

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PALETTE = [BLUE, ORANGE, GREEN, VERMILION, "#56B4E9", "#CC79A7", "#8a7a00", "#4d4d4d"]
PALE_BLUE = "#9fc9e3"
TIME_FORMATS: dict[Grain, str] = {"day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}
TOOLTIP_FORMATS: dict[Grain, str] = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y"}
TIME_TITLES: dict[Grain, str] = {"day": "Day", "week": "Week from", "month": "Month"}
HEIGHT = 260
# Altair types what its methods return as Any.
Chart = Any
INK = "#0b1218"


def data(rows: Rows) -> Chart:
    """Rows as Vega takes them: amounts as numbers, a day as local midnight, which no time zone moves."""
    return alt.Data(values=[{name: _plain(value) for name, value in row.items()} for row in rows])  # type: ignore[no-untyped-call]


def bars_over_time(rows: Rows, x: str, y: str, *, title: str, grain: Grain, whole: str, number: str = ",.0f") -> Chart:
    """A bar per period; a period that is not whole is pale and the legend says so."""
    states = ["whole", f"part of a {grain}"]
    told = [row | {"state": states[not row[whole]]} for row in rows]
    legend = None if all(row[whole] for row in rows) else alt.Legend(title=None, orient="top")
    return (
        alt.Chart(data(told))
        .mark_bar()
        .encode(
            x=time_bands(x, grain, len(rows)),
            y=alt.Y(f"{y}:Q", title=title, axis=value_axis(number)),
            color=alt.Color("state:N", scale=alt.Scale(domain=states, range=[BLUE, PALE_BLUE]), legend=legend),
            tooltip=[
                alt.Tooltip(f"{x}:T", title=grain.capitalize(), format=TOOLTIP_FORMATS[grain]),
                alt.Tooltip(f"{y}:Q", title=title, format=number),
                alt.Tooltip("state:N", title="Period"),
            ],
        )
        .properties(height=HEIGHT)
    )


def value_axis(number: str) -> alt.Axis:
    """Large numbers short (``6k``), others as they are."""
    return alt.Axis(format="~s" if number == ",.0f" else number, tickCount=5)


def time_bands(name: str, grain: Grain, count: int) -> alt.X:
    """A band per period, of which about twelve are labelled."""
    step = max(1, -(-count // 12))
    label = f"timeFormat(datum.value, '{TIME_FORMATS[grain]}')"
    every = f"round(datum.index * {max(count - 1, 1)}) % {step} == 0 ? {label} : ''"
    axis = alt.Axis(labelAngle=0, labelOverlap=True, grid=False, ticks=False, labelExpr=every if step > 1 else label)
    return alt.X(f"{name}:O", timeUnit="yearmonthdate", title=TIME_TITLES[grain], axis=axis)


def ranked_bars(rows: Rows, name: str, value: str, *, title: str, number: str = ",.0f") -> Chart:
    """A bar per name, the longest first, with its value beside it."""
    told = [row | {name: words(row[name])} for row in rows]
    room = max((float(row[value]) for row in rows), default=0) * 1.25
    base = alt.Chart(data(told)).encode(
        y=alt.Y(f"{name}:N", sort=[row[name] for row in told], title=None, axis=alt.Axis(labelLimit=220, grid=False)),
        x=alt.X(f"{value}:Q", title=title, axis=value_axis(number), scale=alt.Scale(domainMax=room or 1)),
        tooltip=[alt.Tooltip(f"{name}:N", title="Name"), alt.Tooltip(f"{value}:Q", title=title, format=number)],
    )
    text = base.mark_text(align="left", dx=4, color=INK).encode(text=alt.Text(f"{value}:Q", format=number))
    return (base.mark_bar(color=BLUE) + text).properties(height=70 + 30 * len(rows))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return f"{value:%Y-%m-%d}T00:00:00" if isinstance(value, date) else value
