"""What a failed test's message says of the rows that it found."""

from __future__ import annotations

from pathlib import Path

import duckdb

from publish.failing_rows import failing_keys


def test_the_first_rules_are_named_with_the_keys_of_their_rows(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    assert failing_keys(warehouse, ["t"]) == {}
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            "create schema audit; create table audit.failing_rows as select * from (values "
            """('t', 'a_adds_up', null, 1, '{"order_id": "x", "email": "who@example.com"}'), """
            """('t', 'unique', 'city', 1, '{"city": "Leeds", "occurrences": 2}'), """
            """('t', 'unique', 'order_id', 1, '{"order_id": "x"}'), """
            """('t', 'unique', 'order_id', 2, '{"order_id": "y"}'), """
            """('t', 'unique', 'order_id', 4, '{"order_id": "z"}'), """
            """('t', 'z_adds_up', null, 1, '{"order_id": "x"}'), """
            """('reconciliation', null, null, 1, '{"data_date": "2026-10-31"}'), """
            """('without keys', null, null, 1, '{"city": "Leeds"}')) """
            "as rows (unique_id, rule_name, tested_column, row_number, row_content)"
        )
    assert failing_keys(warehouse, ["t", "reconciliation", "without keys"]) == {
        "t": "a_adds_up: order_id x; unique of city; unique of order_id: order_id x | order_id y; and 1 more",
        "reconciliation": "data_date 2026-10-31",
    }
