"""Forecast: the next twelve weeks, and how far to believe it."""

from __future__ import annotations

import streamlit as st

from serve import wording
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Rows

MODELS = {
    "holt_winters": "Holt-Winters: level, damped trend and a season of 52 weeks",
    "damped_holt": "damped Holt: level and damped trend; the history is too short for a season",
}
BASELINES = {"seasonal_naive": "the same week a year before", "naive": "the last week"}
AHEAD = "from marts.mart_revenue_forecast order by week_start_date"
# By ISO weeks as the forecast is, on whatever day the client's own weeks begin.
PAST = """
select date_trunc('week', calendar_date)::date as week_start_date, sum(net) as net
from marts.mart_daily_sales
where calendar_date < ? and calendar_date >= ?::date - interval 1 year
group by 1 having count(*) = 7 order by 1
"""


def show(page: Page) -> None:
    """Forecast with its bands, and its errors of the past beside simpler methods."""
    st.caption("Of the whole shop, from all its weeks: no filter applies here.")
    rows = page.published.rows(AHEAD)
    if not rows:
        st.info(
            "There is no forecast yet: with less than 44 whole weeks of sales nobody could say how wrong it would be."
        )
        return
    page.cards(headline(rows))
    model, baseline = rows[0]["model_name"], rows[0]["baseline"]
    st.caption(
        f"Model: {MODELS.get(model, wording.words(model))}. Errors and coverage are from forecasts of "
        f"{rows[0]['backtest_origins']} past weeks, each made of the weeks before it alone."
    )
    verdict(rows, BASELINES.get(baseline, wording.words(baseline)))
    begin = rows[0]["week_start_date"]
    past = page.published.rows(PAST, [begin, begin])
    unit = f"Revenue per week ({page.money.currency})"
    page.chart(
        "Revenue by week, and the twelve to come",
        charts.forecast(past, rows, title=unit),
        rows,
        says="A line of the past year, the forecast, and its 80 and 95 % bands.",
    )
    errors(page, rows)
    with st.expander("Table of the forecast", expanded=True):
        page.table("forecast", rows, columns())


def headline(rows: Rows) -> list[Card]:
    """How wrong it was, and how often the bands held."""
    first, last = rows[0], rows[-1]
    return [
        Card("Error a week ahead", wording.share(first["backtest_error"]), help="Sum of errors by sum of revenue."),
        Card(
            "Error twelve weeks ahead", wording.share(last["backtest_error"]), help="Sum of errors by sum of revenue."
        ),
        Card("In the 80 % band", wording.share(first["coverage_80"]), help="Past weeks inside bands made before them."),
        Card("In the 95 % band", wording.share(first["coverage_95"]), help="Past weeks inside bands made before them."),
    ]


def verdict(rows: Rows, baseline: str) -> None:
    """Say in words whether the forecast is worth more than the simplest guess."""
    known = [row for row in rows if row["backtest_error"] is not None and row["baseline_error"] is not None]
    better = sum(row["backtest_error"] < row["baseline_error"] for row in known)
    if known and better == len(known):
        st.success(f"At every distance it was closer than the simplest guess, {baseline}.")
    elif better:
        st.warning(f"It was closer than the simplest guess, {baseline}, at only {better} of {len(known)} distances.")
    else:
        st.error(f"It was no closer than the simplest guess, {baseline}. Do not use it.")


def errors(page: Page, rows: Rows) -> None:
    """Back-test errors by distance: the model, a straight line, the simplest guess."""
    kinds = {"backtest_error": "model", "linear_trend_error": "straight line", "baseline_error": "simplest guess"}
    labelled: Rows = [
        {"weeks_ahead": row["weeks_ahead"], "method": label, "error": row[name]}
        for name, label in kinds.items()
        for row in rows
        if row[name] is not None
    ]
    page.chart(
        "How wrong it was, by weeks ahead",
        charts.lines_by_number(
            labelled, "weeks_ahead", "error", "method", x_title="Weeks ahead", title="Error, share of revenue (%)"
        ),
        labelled,
        says="A line per method; lower is better.",
    )
    known = [row for row in rows if row["backtest_error"] is not None]
    straight = sum(row["linear_trend_error"] < row["backtest_error"] for row in known)
    st.caption(
        "Sum of absolute errors by sum of revenue, over all forecasts of the past; lower is better. The straight line "
        f"was closer than the model at {straight} of {len(rows)} distances."
    )


def columns() -> list[Column]:
    """The columns of the table."""
    return [
        Column("week_start_date", "Week from", "day"),
        Column("net", "Forecast", "money"),
        Column("lower_80", "80 % from", "money"),
        Column("upper_80", "80 % to", "money"),
        Column("lower_95", "95 % from", "money"),
        Column("upper_95", "95 % to", "money"),
        Column("backtest_error", "Error", "share"),
        Column("linear_trend_error", "Error of line", "share"),
        Column("baseline_error", "Error of guess", "share"),
    ]
