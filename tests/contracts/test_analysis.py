"""Where a figure needs a judgement, the client file's is taken, and none that cannot be."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from contracts.analysis import SEGMENTS, Analysis

DOCUMENTED = Path(__file__).parents[2] / "docs" / "explanation" / "models.md"


def analysis(text: str) -> Analysis:
    return Analysis.model_validate(yaml.safe_load(text))


def test_what_is_not_said_is_as_before() -> None:
    usual = Analysis()
    assert (usual.new_days, usual.active_days, usual.at_risk_days) == (30, 90, 180)
    assert (usual.default_margin_rate, usual.margin_rates, usual.category_names) == (None, {}, {})
    assert (usual.mid_range_from, usual.premium_from) == (None, None)
    assert (usual.week_starts_on, usual.fiscal_year_starts) == ("monday", 1)


def test_categories_are_compared_trimmed_and_in_lower_case() -> None:
    said = analysis("{category_names: {' Jewelery': Jewelry }, margin_rates: {Jewelry: 0.5}}")
    assert said.category_names == {"jewelery": "jewelry"}
    assert said.margin_rates == {"jewelry": Decimal("0.5")}


def test_the_default_segments_are_those_of_the_page() -> None:
    rows = [line.strip("| ").split(" | ") for line in DOCUMENTED.read_text().splitlines() if line.startswith("| ")]
    at = rows.index(["segment", "recency", "frequency", "monetary"])
    written = {
        (
            one.name,
            *("-".join(map(str, dict.fromkeys(scores))) for scores in (one.recency, one.frequency, one.monetary)),
        )
        for one in SEGMENTS
    }
    assert {tuple(row) for row in rows[at + 1 : at + 1 + len(SEGMENTS)]} == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{new_dys: 3}", "new_dys"),
        ("{active_days: 0}", "active_days"),
        ("{default_margin_rate: 1.2}", "default_margin_rate"),
        ("{margin_rates: {mugs: 35}}", "margin_rates.mugs"),
        ("{high_value_from: 80}", "high_value_from"),
        ("{week_starts_on: sun}", "week_starts_on"),
        ("{fiscal_year_starts: 13}", "fiscal_year_starts"),
        ("{active_days: 200}", "active_days is 200 and at_risk_days is 180; expected the first to be below"),
        ("{mid_range_from: 25, premium_from: 20}", "mid_range_from is 25 and premium_from is 20"),
        ("{premium_from: 20}", "premium_from is said without mid_range_from; expected both, or none"),
        ("{mid_range_from: 20}", "mid_range_from is said without premium_from; expected both, or none"),
        ("{medium_value_from: 0.9}", "medium_value_from is 0.9 and high_value_from is 0.8"),
        ("{medium_performance_from: 0.8}", "medium_performance_from is 0.8 and high_performance_from is 0.8"),
        ("{class_a_share: 0.96}", "class_a_share is 0.96 and class_b_share is 0.95"),
        ("{segments: [{name: A, recency: [4, 3], frequency: [1, 5], monetary: [1, 5]}]}", "lower and the upper score"),
        ("{segments: [{name: A, recency: [0, 3], frequency: [1, 5], monetary: [1, 5]}]}", "from 1 to 5"),
        ("{segments: [{name: A, recency: [1, 6], frequency: [1, 5], monetary: [1, 5]}]}", "from 1 to 5"),
        ("{segments: [{name: A, recency: [1], frequency: [1, 5], monetary: [1, 5]}]}", "segments.0.recency"),
        (
            "{segments: [{name: prospect, recency: [1, 5], frequency: [1, 5], monetary: [1, 5]}]}",
            "'prospect' twice, or",
        ),
        ("{segments: [&a {name: A, recency: [1, 5], frequency: [1, 5], monetary: [1, 5]}, *a]}", "'A' twice, or"),
    ],
)
def test_what_cannot_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        analysis(text)
