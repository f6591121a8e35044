"""Which rows a failed test of dbt found, by their keys: what a person looks for first."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb

# What a row is known by; nothing that says who somebody is has such a name.
KEYS = ("_id", "_key", "_date", "_number")
SHOWN_ROWS, SHOWN_KEYS = 3, 3


def failing_keys(warehouse: Path, tests: Collection[str]) -> dict[str, str]:
    """The keys of the first rows that each of the tests found in its last run, by its unique id, in words.

    Nothing of a test whose rows have no key, and nothing at all while another process has the warehouse open: this
    only explains a failure, and must not hide it behind another.
    """
    if not warehouse.exists():
        return {}
    try:
        with duckdb.connect(str(warehouse), read_only=True) as con:
            rows = con.execute(
                "select unique_id, tested_column, row_content from audit.failing_rows "
                "where list_contains(?, unique_id) and row_number <= ? order by unique_id, row_number",
                [[*tests], SHOWN_ROWS],
            ).fetchall()
    except duckdb.Error:
        return {}
    found: dict[str, list[str]] = {}
    for unique_id, column, content in rows:
        if keys := _keys(json.loads(content), column):
            found.setdefault(unique_id, []).append(keys)
    return {unique_id: " | ".join(texts) for unique_id, texts in found.items()}


def _keys(row: dict[str, Any], column: str | None) -> str:
    # dbt's own tests call the value of the tested column by names of theirs.
    named = {
        column if column and name in ("unique_field", "value_field", "from_field") else name: value
        for name, value in row.items()
    }
    keys = [f"{name} {value}" for name, value in named.items() if name.endswith(KEYS)]
    return ", ".join(keys[:SHOWN_KEYS])
