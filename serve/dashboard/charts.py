"""Altair charts of rows: axes with units, colours that colour-blind people tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import altair as alt

from serve.dashboard.filters import Grain
from serve.dashboard.page_data import Rows
from serve.wording import words

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PALETTE = [BLUE, ORANGE, GREEN, VERMILION, "#56B4E9", "#CC79A7", "#8a7a00", "#4d4d4d"]
PALE_BLUE = "#9fc9e3"
TIME_FORMATS: dict[Grain, str] = {"day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}
TOOLTIP_FORMATS: dict[Grain, str] = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y"}
TIME_TITLES: dict[Grain, str] = {"day": "Day", "week": "Week from", "month": "Month"}
HEIGHT = 280
MOST_BARS = 10
MOST_SERIES = 8  # as many as there are colours
LONG_AMOUNT = 1_000_000  # from here on its digits do not fit beside a bar
LEGEND_HEIGHT = 50  # a legend takes this from the bars below it
# Altair types what its methods return as Any.
Chart = Any
INK = "#0b1218"


def data(rows: Rows) -> Chart:
    """Rows as Vega takes them: amounts as numbers, a day as local midnight, which no time zone moves."""
    return alt.Data(values=[{name: _plain(value) for name, value in row.items()} for row in rows])  # type: ignore[no-untyped-call]


def bars_over_time(rows: Rows, x: str, y: str, *, title: str, grain: Grain, whole: str, number: str = ",.0f") -> Chart:
    """A bar per period; a period that is not whole is pale and the legend says so."""
    states = ["whole", f"part of a {grain}"]
    named = [row | {"state": states[not row[whole]]} for row in rows]
    legend = None if all(row[whole] for row in rows) else alt.Legend(title=None, orient="top")
    return (
        alt.Chart(data(named))
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
    """A band per period, of which about twelve are named."""
    step = max(1, -(-count // 12))
    label = f"timeFormat(datum.value, '{TIME_FORMATS[grain]}')"
    every = f"round(datum.index * {max(count - 1, 1)}) % {step} == 0 ? {label} : ''"
    axis = alt.Axis(labelAngle=0, labelOverlap=True, grid=False, ticks=False, labelExpr=every if step > 1 else label)
    return alt.X(f"{name}:O", timeUnit="yearmonthdate", title=TIME_TITLES[grain], axis=axis)


def top(rows: Rows, name: str, value: str) -> Rows:
    """The ten largest, and all others added up as one."""
    ranked = sorted(rows, key=lambda row: -row[value])
    if len(ranked) <= MOST_BARS + 1:
        return ranked
    rest = ranked[MOST_BARS:]
    return [*ranked[:MOST_BARS], {name: f"{len(rest)} others", value: sum(row[value] for row in rest)}]


def ranked_bars(rows: Rows, name: str, value: str, *, title: str, number: str = ",.0f") -> Chart:
    """A bar per name, the longest first, with its value beside it; millions are short there (``8.27M``)."""
    named = [row | {name: words(row[name])} for row in rows]
    most = max((abs(float(row[value])) for row in rows), default=0)
    room = max((float(row[value]) for row in rows), default=0) * 1.25
    base = alt.Chart(data(named)).encode(
        y=alt.Y(f"{name}:N", sort=[row[name] for row in named], title=None, axis=alt.Axis(labelLimit=220, grid=False)),
        x=alt.X(f"{value}:Q", title=title, axis=value_axis(number), scale=alt.Scale(domainMax=room or 1)),
        tooltip=[alt.Tooltip(f"{name}:N", title="Name"), alt.Tooltip(f"{value}:Q", title=title, format=number)],
    )
    text = base.mark_text(align="left", dx=4, color=INK).encode(
        text=alt.Text(f"{value}:Q", format=_beside(most, number))
    )
    return (base.mark_bar(color=BLUE) + text).properties(height=70 + 30 * len(rows))


def waterfall(rows: Rows, name: str, *, title: str, number: str = ",.0f") -> Chart:
    """A bar per step from ``start`` to ``end``: sums blue, what is added green, what is taken vermilion."""
    kinds = [row | {"kind": "sum" if row["is_sum"] else "added" if row["amount"] >= 0 else "taken"} for row in rows]
    colour = alt.Scale(domain=["sum", "added", "taken"], range=[BLUE, GREEN, VERMILION])
    base = alt.Chart(data(kinds)).encode(
        y=alt.Y(f"{name}:N", sort=[row[name] for row in rows], title=None, axis=alt.Axis(labelLimit=220, grid=False)),
        tooltip=[alt.Tooltip(f"{name}:N", title="Step"), alt.Tooltip("amount:Q", title=title, format=number)],
    )
    most = max((float(max(row["start"], row["end"])) for row in rows), default=0)
    room = most * 1.2
    x = alt.X("start:Q", title=title, axis=value_axis(number), scale=alt.Scale(domainMax=room or 1))
    bars = base.mark_bar().encode(
        x=x, x2="end:Q", color=alt.Color("kind:N", scale=colour, legend=alt.Legend(title=None, orient="top"))
    )
    end = "max(datum.start, datum.end)"
    text = base.transform_calculate(right=end).mark_text(align="left", dx=4, color=INK)
    return (bars + text.encode(x="right:Q", text=alt.Text("amount:Q", format=_beside(most, number)))).properties(
        height=70 + 30 * len(rows)
    )


def signed_bars(rows: Rows, x: str, y: str, *, title: str, grain: Grain = "month", number: str = ".0%") -> Chart:
    """A bar per period, blue above nothing and vermilion below."""
    sign = alt.condition(f"datum['{y}'] < 0", alt.value(VERMILION), alt.value(BLUE))
    return (
        alt.Chart(data(rows))
        .mark_bar()
        .encode(
            x=time_bands(x, grain, len(rows)),
            y=alt.Y(f"{y}:Q", title=title, axis=value_axis(number)),
            color=sign,
            tooltip=_over_time(x, y, title, grain, number),
        )
        .properties(height=HEIGHT)
    )


def lines(
    rows: Rows, x: str, y: str, *, title: str, grain: Grain = "month", number: str = ",.0f", series: str | None = None
) -> Chart:
    """A line with its points, or one per series."""
    colour = _series(rows, series) if series else alt.value(BLUE)
    return (
        alt.Chart(data(rows))
        .mark_line(point=True)
        .encode(
            x=time_bands(x, grain, len({row[x] for row in rows})),
            y=alt.Y(f"{y}:Q", title=title, axis=value_axis(number)),
            color=colour,
            tooltip=_over_time(x, y, title, grain, number, series),
        )
        .properties(height=HEIGHT)
    )


def lines_by_number(rows: Rows, x: str, y: str, series: str, *, x_title: str, title: str) -> Chart:
    """A line per series over a whole number."""
    return (
        alt.Chart(data(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X(f"{x}:O", title=x_title, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(f"{y}:Q", title=title, axis=value_axis(".0%")),
            color=_series(rows, series),
            tooltip=[
                alt.Tooltip(f"{series}:N", title="Method"),
                alt.Tooltip(f"{x}:O", title=x_title),
                alt.Tooltip(f"{y}:Q", title=title, format=".1%"),
            ],
        )
        .properties(height=HEIGHT + LEGEND_HEIGHT)
    )


def stacked_bars(
    rows: Rows, x: str, y: str, series: str, *, title: str, grain: Grain = "month", number: str = ",.0f"
) -> Chart:
    """A bar per period, made of its parts; parts below nothing hang down. The smallest beyond seven are one part."""
    rows = _few_series(rows, x, y, series)
    return (
        alt.Chart(data(rows))
        .mark_bar()
        .encode(
            x=time_bands(x, grain, len({row[x] for row in rows})),
            y=alt.Y(f"{y}:Q", title=title, axis=value_axis(number)),
            color=_series(rows, series),
            tooltip=_over_time(x, y, title, grain, number, series),
        )
        .properties(height=HEIGHT + LEGEND_HEIGHT)
    )


def daily_line(rows: Rows, x: str, y: str, *, title: str, number: str) -> Chart:
    """A line through many days."""
    axis = alt.Axis(format="%b %Y" if len(rows) > 62 else "%-d %b", labelAngle=0, tickCount=8, grid=False)
    return (
        alt.Chart(data(rows))
        .mark_line(color=BLUE)
        .encode(
            x=alt.X(f"{x}:T", title="Day", axis=axis),
            y=alt.Y(f"{y}:Q", title=title, axis=alt.Axis(format=number, tickCount=5)),
            tooltip=_over_time(x, y, title, "day", number),
        )
        .properties(height=HEIGHT)
    )


def columns(
    rows: Rows, x: str, y: str, *, x_title: str, title: str, number: str, baseline: float | None = None
) -> Chart:
    """A bar per name in the given order; with a line at ``baseline``."""
    bars = (
        alt.Chart(data(rows))
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(f"{x}:N", sort=[row[x] for row in rows], title=x_title, axis=alt.Axis(labelAngle=0, grid=False)),
            y=alt.Y(f"{y}:Q", title=title, axis=value_axis(number)),
            tooltip=[alt.Tooltip(f"{x}:N", title=x_title), alt.Tooltip(f"{y}:Q", title=title, format=number)],
        )
    )
    if baseline is None:
        return bars.properties(height=HEIGHT)
    rule = alt.Chart(data([{"at": baseline}])).mark_rule(color=INK, strokeDash=[4, 4]).encode(y="at:Q")
    return (bars + rule).properties(height=HEIGHT)


@dataclass(frozen=True)
class Side:
    """One side of a matrix: a column of the rows, its title, and the order of its values."""

    name: str
    title: str
    order: Sequence[str]


def matrix(
    rows: Rows, row: Side, column: Side, value: str, *, title: str, number: str, selection: str | None = None
) -> Chart:
    """A field per pair, the darker the more, with its number in it; with ``selection`` a click chooses one."""
    most = max((float(one[value]) for one in rows if one[value] is not None), default=1) or 1
    base = alt.Chart(data(rows)).encode(
        x=alt.X(f"{column.name}:N", sort=list(column.order), title=column.title,
                axis=alt.Axis(orient="top", labelAngle=0, labelLimit=110, domain=False, ticks=False)),
        y=alt.Y(f"{row.name}:N", sort=list(row.order), title=row.title, axis=alt.Axis(domain=False, ticks=False)),
    )  # fmt: skip
    fields = base.mark_rect(stroke="white").encode(
        color=alt.Color(f"{value}:Q", scale=alt.Scale(range=["#eef5fa", "#0b3c5d"], domain=[0, most]), legend=None),
        tooltip=[
            alt.Tooltip(f"{row.name}:N", title=row.title), alt.Tooltip(f"{column.name}:N", title=column.title),
            alt.Tooltip(f"{value}:Q", title=title, format=number),
        ],
    )  # fmt: skip
    if selection:
        chosen = alt.selection_point(name=selection, fields=[row.name, column.name], on="click", empty=False)
        fields = fields.add_params(chosen).encode(
            stroke=alt.condition(chosen, alt.value(VERMILION), alt.value("white")),
            strokeWidth=alt.condition(chosen, alt.value(3), alt.value(1)),
        )
    ink = alt.condition(f"datum['{value}'] > {most * 0.5}", alt.value("white"), alt.value(INK))
    text = base.mark_text(fontSize=11).encode(text=alt.Text(f"{value}:Q", format=number), color=ink)
    return (fields + text).properties(height=90 + 28 * len(row.order))


def pareto(rows: Rows, *, rank: str, cumulative: str, series: str, name: str, x_title: str, title: str) -> Chart:
    """The share that the best bring together, by rank."""
    base = alt.Chart(data(rows)).encode(
        x=alt.X(f"{rank}:Q", title=x_title, axis=alt.Axis(tickMinStep=1, grid=False)),
        y=alt.Y(f"{cumulative}:Q", title=title, axis=alt.Axis(format=".0%", tickCount=5),
                scale=alt.Scale(domain=[0, 1])),
    )  # fmt: skip
    points = base.mark_point(filled=True, size=60).encode(
        color=_series(rows, series),
        tooltip=[
            alt.Tooltip(f"{name}:N", title="Who"), alt.Tooltip(f"{rank}:Q", title="Rank"),
            alt.Tooltip(f"{cumulative}:Q", title="Share, added up", format=".1%"),
        ],
    )  # fmt: skip
    return (base.mark_line(color="#9aa5b1") + points).properties(height=HEIGHT)


def forecast(past: Rows, ahead: Rows, *, title: str) -> Chart:
    """The weeks of the past, the weeks ahead, and the bands that four of five and 19 of 20 weeks should fall into."""
    axis = alt.Axis(format="%-d %b %Y", labelAngle=0, tickCount=7, grid=False)
    x = alt.X("week_start_date:T", title="Week from", axis=axis)
    colour = alt.Scale(
        domain=["revenue by week", "forecast", "80 % band", "95 % band"], range=[INK, BLUE, "#8fc1e0", "#d3e7f4"]
    )

    def layer(rows: Rows, kind: str, **mark: Any) -> Chart:
        named = [row | {"kind": kind} for row in rows]
        return alt.Chart(data(named)).mark_line(**mark).encode(
            x=x,
            y=alt.Y("net:Q", title=title, axis=value_axis(",.0f")),
            color=alt.Color("kind:N", scale=colour, legend=alt.Legend(title=None, orient="top")),
            tooltip=[alt.Tooltip("week_start_date:T", title="Week from", format="%-d %b %Y"),
                     alt.Tooltip("kind:N", title="What"), alt.Tooltip("net:Q", title=title, format=",.0f")],
        )  # fmt: skip

    areas = [
        alt.Chart(data([row | {"kind": f"{band} % band"} for row in ahead]))
        .mark_area()
        .encode(
            x=x, y=alt.Y(f"lower_{band}:Q", title=title), y2=f"upper_{band}:Q", color=alt.Color("kind:N", scale=colour)
        )
        for band in (95, 80)
    ]
    return alt.layer(
        *areas, layer(past, "revenue by week"), layer(ahead, "forecast", strokeDash=[6, 3], point=True)
    ).properties(height=360)


def _beside(most: float, number: str) -> str:
    """The format of the values beside the bars of a chart."""
    return ".3~s" if most >= LONG_AMOUNT and number == ",.0f" else number


def _few_series(rows: Rows, x: str, y: str, series: str) -> Rows:
    """No more series than there are colours: those with the least are added up as ``other``."""
    sums: dict[Any, Any] = {}
    for row in rows:
        sums[row[series]] = sums.get(row[series], 0) + abs(row[y] or 0)
    if len(sums) <= MOST_SERIES:
        return rows
    kept = set(sorted(sums, key=lambda name: -sums[name])[: MOST_SERIES - 1])
    others: dict[Any, Any] = {}
    for row in rows:
        if row[series] not in kept:
            others[row[x]] = others.get(row[x], 0) + (row[y] or 0)
    folded: Rows = [{x: period, y: total, series: "other"} for period, total in sorted(others.items())]
    return [*(row for row in rows if row[series] in kept), *folded]


def _series(rows: Rows, name: str) -> alt.Color:
    """A colour per name, in the order of the rows, so that a name keeps its colour from chart to chart."""
    names = list(dict.fromkeys(row[name] for row in rows))
    legend = alt.Legend(title=None, orient="top", columns=4, labelLimit=200, offset=4)
    return alt.Color(f"{name}:N", scale=alt.Scale(domain=names, range=PALETTE[: len(names)]), legend=legend)


def _over_time(x: str, y: str, title: str, grain: Grain, number: str, series: str | None = None) -> list[alt.Tooltip]:
    parts = [alt.Tooltip(f"{series}:N", title="Part")] if series else []
    when = alt.Tooltip(f"{x}:T", title=grain.capitalize(), format=TOOLTIP_FORMATS[grain])
    return [when, *parts, alt.Tooltip(f"{y}:Q", title=title, format=number)]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return f"{value:%Y-%m-%d}T00:00:00" if isinstance(value, date) else value
