"""What the shop's own reports say, as the client file has it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml

from contracts.client_file import ClientError, load_client
from contracts.known_totals import ComparedTotal, KnownTotals, Outcome, counts

SHOP = """
client: shop
name: Shop
currency: EUR
time_zone: Europe/Berlin
sources: {orders: {kind: demo}}
known_totals:
"""


def known(text: str) -> KnownTotals:
    return KnownTotals.model_validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("{source: s, month: 2026-09, net: 1}", (date(2026, 9, 1), date(2026, 9, 30))),
        ("{source: s, month: 2024-02, net: 1}", (date(2024, 2, 1), date(2024, 2, 29))),
        ("{source: s, month: '2025-12', net: 1}", (date(2025, 12, 1), date(2025, 12, 31))),
        ("{source: s, start: 2026-09-07, through: 2026-09-07, net: 1}", (date(2026, 9, 7), date(2026, 9, 7))),
    ],
)
def test_the_days(text: str, span: tuple[date, date]) -> None:
    assert known(text).span == span


def test_figures_are_as_written() -> None:
    figures = "order_count: 210, net_sales: -12345.67, units_sold: 2.125, refunds: 0, tips: '0.10'"
    written = known(f"{{source: s, month: 2026-09, {figures}}}")
    assert written.figures == {
        "order_count": Decimal(210),
        "units_sold": Decimal("2.125"),
        "refunds": Decimal(0),
        "net_sales": Decimal("-12345.67"),
        "tips": Decimal("0.10"),
    }


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{month: 2026-09, net: 1}", r"known_totals\.0\.source: Field required"),
        ("{source: s, net: 1}", "expected month, or start and through"),
        ("{source: s, start: 2026-09-01, net: 1}", "expected month, or start and through"),
        ("{source: s, through: 2026-09-01, net: 1}", "expected month, or start and through"),
        ("{source: s, month: 2026-09, start: 2026-09-01, through: 2026-09-02, net: 1}", "expected month, or start"),
        ("{source: s, month: 2026-09, through: 2026-09-02, net: 1}", "expected month, or start"),
        ("{source: s, start: 2026-09-02, through: 2026-09-01, net: 1}", "start 2026-09-02 is after through 2026-09-01"),
        *(
            (f"{{source: s, month: {month}, net: 1}}", "expected a year and a month, as 2026-09")
            for month in ("2026-13", "2026-00", "2026-9", "202609", "2026-09-01", "Sep 2026", "2026")
        ),
        ("{source: s, month: 2026-09}", "has no figure; expected one or more of order_count, units_sold, gross"),
        ("{source: s, month: 2026-09, net_revenue: 1}", "net_revenue is 1: there is no such setting"),
        ("{source: s, month: 2026-09, net: yes}", "net is True: expected a number as the report has it"),
        ("{source: s, month: 2026-09, order_count: yes}", "order_count is True: expected a number"),
        ("{source: s, month: 2026-09, order_count: 2.5}", "order_count is 2.5"),
        ("{source: s, month: 2026-09, order_count: -2}", "order_count is -2"),
        ("{source: s, month: 2026-09, net: '12,345.67'}", "net is '12,345.67'"),
        ("{source: s, month: 2026-09, net: 1.005}", "net is 1.005"),
        ("{source: s, month: 2026-09, net: .nan}", "net is nan"),
        ("{source: s, month: 2026-09, refunds: -5.10}", r"refunds is -5\.1: expected 5\.1, without the minus"),
        ("{source: s, month: 2026-09, discount: '-5.10'}", r"discount is '-5\.10'"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Any, entry: str, message: str) -> None:
    (tmp_path / "shop.yml").write_text(f"{SHOP}  - {entry}\n")
    with pytest.raises(ClientError, match=message):
        load_client("shop", tmp_path, {})


def compared(ours: str | None, outcome: Outcome, measure: str = "net_sales") -> ComparedTotal:
    theirs = Decimal("1200")
    found = None if ours is None else Decimal(ours)
    difference = None if found is None else found - theirs
    span = (date(2026, 9, 1), date(2026, 9, 30))
    return ComparedTotal(*span, measure, "Finances", theirs, found, difference, Decimal("1.2"), outcome)


def test_each_figure_in_words() -> None:
    assert [
        compared("1200", Outcome.EQUAL).text(),
        compared("1198.5", Outcome.DIFFERENT).text(),
        compared("1201", Outcome.DIFFERENT, "units_sold").text(),
        compared(None, Outcome.NOT_COMPLETE).text(),
    ] == [
        "2026-09 net_sales: 1,200.00 in Finances, 1,200.00 here: equal",
        "2026-09 net_sales: 1,200.00 in Finances, 1,198.50 here, 1.50 less: different",
        "2026-09 units_sold: 1,200 in Finances, 1,201 here, 1 more: different",
        "2026-09 net_sales: 1,200.00 in Finances: not compared, as not all its days are over",
    ]


def test_only_a_difference_beyond_what_is_allowed_stops() -> None:
    figures = [
        compared("1201.2", Outcome.DIFFERENT),
        compared("1198.79", Outcome.DIFFERENT),
        compared("1201.21", Outcome.ROUNDING),
        compared(None, Outcome.NOT_IN_DATA),
    ]
    assert [one.stops for one in figures] == [False, True, False, False]
    assert counts(figures) == "1 equal but for rounding, 2 different, 1 not compared, as the data begin later"
