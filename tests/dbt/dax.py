"""As much of DAX as the measures of the metrics are written in, worked out in Python on the rows of each table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Rows = Sequence[Mapping[str, Any]]
FORMS = {
    "ratio": r"DIVIDE \( \[([^]]+)\], \[([^]]+)\] \)",
    "known": r"IF \( (.+) = 0, (.+) \)",
    "terms": r"(\[[^]]+\])((?: [+-] \[[^]]+\])*)",
    "sum": r"SUMX \( (.+), (\S+) \)",
    "count": r"CALCULATE \( DISTINCTCOUNTNOBLANK \( (\S+) \), (.+) \)",
}


def evaluate(name: str, measures: Mapping[str, str], tables: Mapping[str, Rows]) -> Decimal | None:
    """The measure over all rows of the tables; None is DAX's blank."""
    return _evaluate(measures[name], measures, tables)


def _evaluate(text: str, measures: Mapping[str, str], tables: Mapping[str, Rows]) -> Decimal | None:
    kind, match = next((kind, match) for kind, form in FORMS.items() if (match := re.fullmatch(form, text)) is not None)
    first, second = match.groups()
    if kind == "known":
        return None if _evaluate(first, measures, tables) else _evaluate(second, measures, tables)
    if kind == "ratio":
        left, right = (evaluate(part, measures, tables) for part in (first, second))
        return (left or Decimal(0)) / right if right else None
    if kind == "terms":
        signs = re.findall(r"([+-]) \[([^]]+)\]", f"+ {text}")
        terms = [(sign, evaluate(part, measures, tables)) for sign, part in signs]
        known = [term if sign == "+" else -term for sign, term in terms if term is not None]
        return sum(known, Decimal(0)) if known else None
    if kind == "count":
        return Decimal(len({value for row in _rows(second, tables) if (value := _value(first, row)) is not None}))
    values = [value for row in _rows(first, tables) if (value := _value(second, row)) is not None]
    return sum(map(Decimal, values), Decimal(0)) if values else None


def _rows(text: str, tables: Mapping[str, Rows]) -> Rows:
    filtered = re.fullmatch(r"FILTER \( (\w+), (.+) \)", text)
    if filtered is None:
        return tables[text]
    table, condition = filtered.groups()
    return [row for row in tables[table] if all(_holds(part, row) for part in condition.split(" && "))]


def _holds(text: str, row: Mapping[str, Any]) -> bool:
    if blank := re.fullmatch(r"ISBLANK \( (\S+) \)", text):
        return _value(blank[1], row) is None
    left, operator, right = (*text.split(" ", 2), "", "")[:3]
    if not operator:
        return bool(_value(left, row))
    return (_value(left, row) == _value(right, row)) is (operator == "=")


def _value(text: str, row: Mapping[str, Any]) -> Any:
    if column := re.fullmatch(r"\w+\[(\w+)\]", text):
        return row[column[1]]
    return text.strip('"') if text.startswith('"') else int(text)
