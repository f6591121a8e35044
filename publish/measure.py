"""What a table holds, measured the same way in the warehouse and in the file made from it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

# What Power BI and every other reader known to us gets right; HUGEINT, TIMESTAMPTZ, UUID and wide decimals are not.
SAFE_TYPE = re.compile(r"INTEGER|BIGINT|DOUBLE|DECIMAL\((1[0-8]|[1-9]),\d+\)|VARCHAR|DATE|TIMESTAMP|BOOLEAN")


@dataclass(frozen=True)
class TableFacts:
    """Columns and types in order, rows, the total of every money column, and a sum of row hashes.

    The hash does not depend on the order of the rows and changes with any value in them.
    """

    columns: dict[str, str]
    row_count: int
    totals: dict[str, str]
    fingerprint: str


def measure(connection: DuckDBPyConnection, catalog: str, tables: Iterable[str]) -> dict[str, TableFacts]:
    """The facts of each ``schema.table`` of an attached database; reads every value of it once."""
    return {table: _measure(connection, catalog, table) for table in tables}


def unsafe_columns(facts: dict[str, TableFacts]) -> list[str]:
    """The columns whose type some reader gets wrong, as ``schema.table.column TYPE``."""
    return [
        f"{table}.{column} {data_type}"
        for table, fact in facts.items()
        for column, data_type in fact.columns.items()
        if not SAFE_TYPE.fullmatch(data_type)
    ]


def _measure(connection: DuckDBPyConnection, catalog: str, table: str) -> TableFacts:
    columns = {name: data_type for name, data_type, *_ in connection.execute(f"describe {catalog}.{table}").fetchall()}
    money = [name for name, data_type in columns.items() if data_type.startswith("DECIMAL")]
    sums = "".join(f', sum("{name}")' for name in money)
    count, hashes, *totals = connection.execute(
        f"select count(*), coalesce(sum(hash(*columns(*))), 0){sums} from {catalog}.{table}"
    ).fetchall()[0]
    return TableFacts(
        columns, count, {name: str(total) for name, total in zip(money, totals, strict=True)}, f"{hashes:x}"
    )
