"""What a table holds, measured the same way in the warehouse and in the file made from it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from duckdb import DuckDBPyConnection

# What Power BI and every other reader known to us gets right; HUGEINT, TIMESTAMPTZ, UUID and wide decimals are not.
SAFE_TYPE = re.compile(r"INTEGER|BIGINT|DOUBLE|DECIMAL\((1[0-8]|[1-9]),\d+\)|VARCHAR|DATE|TIMESTAMP|BOOLEAN")
UNDATED = "undated"


@dataclass(frozen=True)
class TableProfile:
    """Columns and types in order, rows, the total of every money column, and a sum of row hashes.

    The hash does not depend on the order of the rows and changes with any value in them. ``months`` says rows, hash and
    totals of each month of a fact, as one text; other tables have none.
    """

    columns: dict[str, str]
    row_count: int
    totals: dict[str, str]
    fingerprint: str
    months: dict[str, str] = field(default_factory=dict)


def profile_tables(connection: DuckDBPyConnection, catalog: str, tables: Iterable[str]) -> dict[str, TableProfile]:
    """The facts of each ``schema.table`` of an attached database; reads every value of it once."""
    return {table: _measure(connection, catalog, table) for table in tables}


def unsafe_columns(facts: dict[str, TableProfile]) -> list[str]:
    """The columns whose type some reader gets wrong, as ``schema.table.column TYPE``."""
    return [
        f"{table}.{column} {data_type}"
        for table, fact in facts.items()
        for column, data_type in fact.columns.items()
        if not SAFE_TYPE.fullmatch(data_type)
    ]


def day_column(table: str, columns: dict[str, str]) -> str | None:
    """The first DATE of a fact, by which its rows are of a month; None for other tables."""
    dates = [name for name, data_type in columns.items() if data_type == "DATE"]
    return dates[0] if dates and table.startswith("core.fct_") else None


def _measure(connection: DuckDBPyConnection, catalog: str, table: str) -> TableProfile:
    columns = {name: data_type for name, data_type, *_ in connection.execute(f"describe {catalog}.{table}").fetchall()}
    money = [name for name, data_type in columns.items() if data_type.startswith("DECIMAL")]
    sums = "".join(f', sum("{name}")' for name in money)
    day = day_column(table, columns)
    month = f'year("{day}") * 12 + month("{day}") - 1' if day else "null"
    parts = connection.execute(
        f"""
        select {month}, count(*), coalesce(sum(hash(*columns(*))), 0){sums}
        from {catalog}.{table} group by all order by all
        """
    ).fetchall()
    return TableProfile(
        columns,
        row_count=sum(count for _, count, *_ in parts),
        totals={name: _total([part[at] for part in parts]) for at, name in enumerate(money, start=3)},
        fingerprint=f"{sum(hashes for _, _, hashes, *_ in parts):x}",
        months=_months(parts) if day else {},
    )


def _total(parts: list[Decimal | None]) -> str:
    known = [part for part in parts if part is not None]
    return str(sum(known)) if known else "None"


def _months(parts: list[tuple[Any, ...]]) -> dict[str, str]:
    """A fact without rows has one of none, so that it is seen with its columns."""
    return {
        UNDATED if month is None else f"{month // 12:04d}-{month % 12 + 1:02d}": f"{count} {hashes:x} {totals}"
        for month, count, hashes, *amounts in parts or [(None, 0, 0)]
        for totals in [" ".join(map(str, amounts))]
    }
