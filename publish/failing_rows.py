"""Which rules a failed test of dbt found broken, and in which rows, by their keys: what a person looks for first."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb

# What a row is known by; nothing that says who somebody is has such a name.
KEYS = ("_id", "_key", "_date", "_number")
SHOWN_RULES, SHOWN_ROWS, SHOWN_KEYS = 3, 3, 3


def failing_keys(warehouse: Path, tests: Collection[str]) -> dict[str, str]:
    """The first rules that each of the tests found broken in its last run, with the keys of rows, by its unique id.

    Nothing of a test that is no rule and whose rows have no key, and nothing at all while another process has the
    warehouse open: this only explains a failure, and must not hide it behind another.
    """
    if not warehouse.exists():
        return {}
    try:
        with duckdb.connect(str(warehouse), read_only=True) as con:
            rows = con.execute(
                "select unique_id, coalesce(rule_name, ''), coalesce(tested_column, ''), row_content "
                "from audit.failing_rows where list_contains(?, unique_id) and row_number <= ? order by all",
                [[*tests], SHOWN_ROWS],
            ).fetchall()
    except duckdb.Error:
        return {}
    found: dict[str, dict[str, list[str]]] = {}
    for unique_id, rule, column, content in rows:
        keys = _keys(json.loads(content))
        if rule or keys:
            of_rule = found.setdefault(unique_id, {}).setdefault(f"{rule} of {column}" if column else rule, [])
            of_rule.extend([keys] if keys else [])
    return {unique_id: _in_words(rules) for unique_id, rules in found.items()}


def _keys(row: dict[str, Any]) -> str:
    names = [name for name in row if name.endswith(KEYS)][:SHOWN_KEYS]
    return ", ".join(f"{name} {row[name]}" for name in names)


def _in_words(rules: dict[str, list[str]]) -> str:
    texts = [": ".join(filter(None, (rule, " | ".join(keys)))) for rule, keys in rules.items()]
    more = f"; and {len(texts) - SHOWN_RULES} more" if len(texts) > SHOWN_RULES else ""
    return "; ".join(texts[:SHOWN_RULES]) + more
