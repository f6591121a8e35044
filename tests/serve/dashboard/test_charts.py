"""What a chart leaves out, or shows in other words, so that it can be read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from serve.dashboard import charts

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)


def test_the_ten_largest_and_the_rest() -> None:
    rows = [{"name": f"country {number}", "net": Decimal(number)} for number in range(38)]
    shown = charts.top(rows, "name", "net")
    assert [row["name"] for row in shown] == [f"country {number}" for number in range(37, 27, -1)] + ["28 others"]
    assert sum(row["net"] for row in shown) == sum(row["net"] for row in rows)
    assert len(charts.top(rows[:11], "name", "net")) == 11  # one bar less would hide a name and save nothing


@pytest.mark.parametrize("count", [8, 9, 30])
def test_no_more_series_than_colours(count: int) -> None:
    rows = [
        {"month": month, "net": Decimal(number), "country": f"c{number}"}
        for month in (JANUARY, MARCH)
        for number in range(1, count + 1)
    ]
    drawn = charts.stacked_bars(rows, "month", "net", "country", title="Net").to_dict()
    values = drawn["data"]["values"]
    assert len({value["country"] for value in values}) == min(count, 8)
    assert {value["country"] for value in values} >= {f"c{count}", f"c{count - 6}"}
    assert sum(value["net"] for value in values) == sum(row["net"] for row in rows)
    for month in (JANUARY, MARCH):
        of_month = sum(row["net"] for row in rows if row["month"] == month)
        assert sum(value["net"] for value in values if value["month"].startswith(f"{month}")) == of_month


@pytest.mark.parametrize(("net", "number"), [(999_999, ",.0f"), (8_265_890, ".3~s")])
def test_a_long_amount_is_short_beside_its_bar(net: int, number: str) -> None:
    drawn = charts.ranked_bars([{"name": "DE", "net": Decimal(net)}], "name", "net", title="Net").to_dict()
    assert [layer["encoding"]["text"]["format"] for layer in drawn["layer"] if "text" in layer["encoding"]] == [number]
