"""The report's pictures as SVG, with what they show in words for those who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt
import vl_convert

from serve.report.figures import Month, MonthFigures
from serve.wording import count, month_name

FONT = "Libertinus Serif"  # comes with Typst, so the report looks alike on every machine
BLUE, PALE_BLUE, ORANGE, GREEN = "#0072B2", "#9fc9e3", "#E69F00", "#009E73"
WIDTH, HEIGHT = 460, 105


@dataclass(frozen=True)
class Picture:
    """A chart: its title, its SVG, and its message in words."""

    title: str
    svg: str
    text: str


def pictures(figures: MonthFigures) -> list[Picture]:
    """Revenue and customers by month."""
    return [_revenue(figures), _customers(figures.history)]


def _revenue(figures: MonthFigures) -> Picture:
    rows = [
        {"month": _label(month.month), "net": float(month.net), "is_this": month is figures.month}
        for month in figures.history
    ]
    chart = _bars(rows, "net", f"Revenue ({figures.money.currency})").encode(
        color=alt.Color("is_this:N", scale=alt.Scale(domain=[True, False], range=[BLUE, PALE_BLUE]), legend=None)
    )
    said = "; ".join(f"{month_name(month.month)} {figures.money.text(month.net)}" for month in figures.history)
    return Picture("Revenue by month", _svg(chart), f"Bars of revenue by month: {said}")


def _customers(history: Sequence[Month]) -> Picture:
    kinds = {"new": "new_customers", "retained": "retained_customers", "back after a pause": "reactivated_customers"}
    rows = [
        {"month": _label(month.month), "kind": kind, "customers": getattr(month, column), "order": position}
        for month in history
        for position, (kind, column) in enumerate(kinds.items())
    ]
    chart = _bars(rows, "customers", "Active customers").encode(
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(kinds), range=[ORANGE, BLUE, GREEN]),
            legend=alt.Legend(title=None, orient="top"),
        ),
        order=alt.Order("order:Q"),
    )
    said = "; ".join(f"{month_name(month.month)} {count(month.active_customers)}" for month in history)
    return Picture("Active customers by month", _svg(chart), f"Stacked bars of active customers by month: {said}")


def _bars(rows: list[dict[str, Any]], amount: str, title: str) -> alt.Chart:
    months = list(dict.fromkeys(row["month"] for row in rows))
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(rows), width=WIDTH, height=HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("month:N", sort=months, title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(f"{amount}:Q", title=title, axis=alt.Axis(format=",~f", tickCount=5)),
        )
    )
    return chart


def _label(month: date) -> str:
    return f"{month:%b %y}"


def _svg(chart: alt.Chart) -> str:
    styled = chart.configure(font=FONT).configure_view(stroke=None).configure_axis(labelFontSize=9, titleFontSize=10)
    svg: str = vl_convert.vegalite_to_svg(styled.to_dict())
    return svg
