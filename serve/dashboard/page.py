"""What every page is made of: cards, charts and tables, each with the words that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from serve import wording
from serve.dashboard.downloads import Column, as_csv, as_excel
from serve.dashboard.filters import Filters, Split
from serve.dashboard.page_data import Published, Rows
from serve.wording import Money

# What says by what the figures are split: the column of a dataset, and whose it is.
DELIVERED_BY: dict[Split, tuple[str, str]] = {
    "country": ("country of orders", "order"),
    "category": ("category of products", "product"),
    "channel": ("channel of orders", "order"),
}
NAMES: dict[str, str] = {"days": "period", "country": "country", "category": "category", "channel": "channel"}


@dataclass(frozen=True)
class Card:
    """One figure of a page; ``change`` is its growth, ``is_good`` whether more is better (None: neither)."""

    label: str
    value: str
    change: float | None = None
    is_good: bool | None = True
    help: str | None = None


@dataclass(frozen=True)
class Page:
    """One page as it is drawn: a version of the data, a choice, and the client's currency."""

    published: Published
    filters: Filters
    money: Money

    def cards(self, cards: Sequence[Card]) -> None:
        """The figures side by side, at most five in a row."""
        per_row = len(cards) if len(cards) <= 5 else 4
        for first in range(0, len(cards), per_row):
            for place, card in zip(st.columns(per_row), cards[first : first + per_row], strict=False):
                colour: Any = {True: "normal", False: "inverse", None: "off"}[card.is_good]
                delta = None if card.change is None else wording.signed(card.change)
                place.metric(
                    card.label,
                    wording.plain_markdown(card.value),
                    delta,
                    delta_color=colour,
                    help=card.help,
                    border=True,
                    height="stretch",
                )

    def chart(
        self, heading: str, chart: Any, rows: Rows, *, says: str, key: str | None = None, by: Split | None = None,
        **options: Any,
    ) -> Any:  # fmt: skip
        """A chart under its heading, or in words that there is nothing to draw; ``says`` is read out instead of it.

        ``by`` is what its rows are split by, where these may all be of ``unknown``.
        """
        st.subheader(heading)
        if not rows:
            st.info("Nothing to show: there is no such data in this choice.")
            return None
        if by and {row.get("name", row.get(by)) for row in rows} == {"unknown"}:
            column, row = DELIVERED_BY[by]
            st.info(f"Nothing to compare: no {row} here says its {by}. To have it, map {column} in the client file.")
            return None
        return st.altair_chart(chart, alt=f"{heading}. {says}", key=key, **options)

    def table(self, name: str, rows: Rows, columns: Sequence[Column], *, limit: int | None = None) -> None:
        """A table with its two downloads; ``name`` is that of the files."""
        if not rows:
            st.info("No rows in this choice.")
            return
        if limit is not None and len(rows) >= limit:
            st.caption(f"The first {limit:,} rows are here; the published file has all.")
        frame = pd.DataFrame([[row[column.name] for column in columns] for row in rows], dtype=object)
        frame.columns = pd.Index([column.heading(self.money) for column in columns])
        written: Any = {
            column.heading(self.money): partial(_cell, kind=column.kind, money=self.money) for column in columns
        }
        st.dataframe(frame.style.format(written), hide_index=True, placeholder=wording.NOTHING, alt=f"Table {name}")
        left, right, _ = st.columns([1, 1, 4])
        left.download_button(
            "CSV", partial(as_csv, rows, columns, self.money), f"{name}.csv", "text/csv", key=f"{name}-csv",
            on_click="ignore", help=f"Download {name}.csv", width="stretch",
        )  # fmt: skip
        right.download_button(
            "Excel", partial(as_excel, rows, columns, self.money), f"{name}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", key=f"{name}-xlsx",
            on_click="ignore", help=f"Download {name}.xlsx", width="stretch",
        )  # fmt: skip

    def says_what_does_not_apply(self, what: str, *applied: Split | str) -> None:
        """Name the filters that are set and that this part of the page cannot follow."""
        ignored = [name for name in self.filters.splits if name not in applied]
        if ignored:
            names = " and ".join(ignored)
            st.caption(f"{what} does not follow the {names} filter: its figures are not split by it.")

    def months(self) -> str:
        """Which whole months a monthly part shows."""
        return f"Whole months, {wording.month(self.filters.start)} to {wording.month(self.filters.end)}."


def _cell(value: Any, kind: wording.Kind, money: Money) -> str:
    return wording.cell(None if value is None or value is pd.NaT else value, kind, money)
