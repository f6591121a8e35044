"""The totals that others gave, of sources and of the shop's own reports, as the published version compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contracts.known_totals import ComparedTotal
from contracts.source_totals import SourceTotals

Ask = Callable[[str], Iterable[Mapping[str, Any]]]

KNOWN = "from published.main._meta_known_totals order by first_date, last_date, source, measure"
FROM_SOURCE = "from published.main._meta_source_totals"
TABLES = "select table_name from duckdb_tables() where database_name = 'published' and schema_name = 'main'"


def known_totals(ask: Ask) -> tuple[ComparedTotal, ...]:
    """The figures of ``known_totals``, by their days; none of a version from before they were compared."""
    return tuple(ComparedTotal(**row) for row in _rows(ask, "_meta_known_totals", KNOWN))


def source_totals(ask: Ask) -> tuple[SourceTotals, ...]:
    """The counts of what was compared with the source's own totals; none where no source gives any."""
    counts = (SourceTotals(**row) for row in _rows(ask, "_meta_source_totals", FROM_SOURCE))
    return tuple(one for one in counts if one.compared)


def _rows(ask: Ask, table: str, query: str) -> Iterable[Mapping[str, Any]]:
    """Of a version that an earlier edition published, and that a rollback may show again, nothing."""
    return ask(query) if table in {row["table_name"] for row in ask(TABLES)} else ()
