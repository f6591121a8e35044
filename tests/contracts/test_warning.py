"""Warnings are counted by their kind."""

from __future__ import annotations

from contracts.warning import Kind, counted


def test_warnings_are_counted_by_kind_the_most_frequent_first() -> None:
    lines = [Kind.UNCOUNTED_LINES.warning(f"order {number}") for number in range(1040)]
    assert counted([Kind.REPEATED_ROWS.warning("a.csv"), *lines, "as an older version wrote it"]) == (
        "1,042 warnings: 1,040 of lines that are not counted, 1 of repeated rows, 1 of other kinds"
    )
    assert counted([Kind.TESTS.warning("x: 3 rows")]) == "1 warning: 1 of tests that warned"
    assert counted([]) == ""


def test_no_kind_is_taken_for_another() -> None:
    assert [counted([kind.warning("x")]) for kind in Kind] == [f"1 warning: 1 of {kind}" for kind in Kind]
