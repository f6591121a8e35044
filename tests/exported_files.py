"""The exported files as another program reads them: pyarrow and the csv module, no DuckDB."""

import csv
import hashlib
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Rows = list[tuple[object, ...]]

# What DuckDB gives for a value of the type, from the text of a cell.
CONVERTERS: dict[str, Callable[[str], object]] = {
    "INTEGER": int,
    "BIGINT": int,
    "DOUBLE": float,
    "DATE": date.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
    "BOOLEAN": {"true": True, "false": False}.__getitem__,
}
ARROW = {
    "INTEGER": "int32",
    "BIGINT": "int64",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "DATE": "date32[day]",
    "TIMESTAMP": "timestamp[us]",
    "BOOLEAN": "bool",
}


def current(exports: Path) -> dict[str, Any]:
    """What the pointer says, after every file that it names was found whole."""
    manifest: dict[str, Any] = json.loads((exports / "current.json").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        content = (exports / entry["path"]).read_bytes()
        found = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert found == {name: entry[name] for name in found}, entry["path"]
    return manifest


def parquet_rows(path: Path, types: dict[str, str]) -> Rows:
    table = pq.read_table(path)
    expected = {
        name: ARROW.get(kind) or re.sub(r"DECIMAL\((.*),(.*)\)", r"decimal128(\1, \2)", kind)
        for name, kind in types.items()
    }
    assert {field.name: str(field.type) for field in table.schema} == expected
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def csv_rows(path: Path, types: dict[str, str]) -> Rows:
    """Rows with the values that the types make of the cells; an empty cell is null, the sign before a formula goes."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == list(types)
    return [tuple(_value(cell, kind) for cell, kind in zip(row, types.values(), strict=True)) for row in rows]


def _value(cell: str, kind: str) -> object:
    if kind == "VARCHAR":
        return cell[1:] if re.match(r"'[=+\-@\t\r\n＝＋－＠]", cell) else cell or None
    converter = Decimal if kind.startswith("DECIMAL") else CONVERTERS[kind]
    return converter(cell) if cell else None
