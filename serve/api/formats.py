"""A page as JSON, CSV or an Arrow stream."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from contracts.formula_injection import escape_formula


def as_json(rows: pa.Table) -> bytes:
    """A list of objects; decimals as text, so that no reader rounds them, days and UTC timestamps in ISO 8601."""
    return json.dumps(rows.to_pylist(), default=_json_value, ensure_ascii=False).encode()


def as_csv(rows: pa.Table) -> bytes:
    """UTF-8 with a header; null is empty, and a text that a spreadsheet would execute begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows.column_names)
    writer.writerows([_csv_value(value) for value in row.values()] for row in rows.to_pylist())
    return text.getvalue().encode()


def as_arrow(rows: pa.Table) -> bytes:
    """An Arrow IPC stream; types as published."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream


FORMATS: dict[str, tuple[str, Callable[[pa.Table], bytes]]] = {
    "json": ("application/json", as_json),
    "csv": ("text/csv; charset=utf-8", as_csv),
    "arrow": ("application/vnd.apache.arrow.stream", as_arrow),
}


def _json_value(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} is of no type that is published")


def _csv_value(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else escape_formula(value)
