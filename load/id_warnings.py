"""Warnings about the ids of one delivery that may not be what they are read as."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from contracts.dataset import ID
from contracts.datasets import DATASETS
from contracts.ids import BLANKS, GUARDED, SPREADSHEET_DATE
from contracts.sql_text import literal
from contracts.warning import Kind
from load.landed import Landed
from load.validation import DeliveryContext

CODES = ("product_id", "sku", "variant_id")
SHOWN = 3


def questionable_ids(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, landed: Landed) -> Iterator[str]:
    """Warn of ids of a shop's own file that a spreadsheet guards as text, and that differ by capitals alone."""
    source, dataset = delivery.source, delivery.dataset
    if source is None:
        return
    columns = [one.name for one in DATASETS[dataset].columns if one.kind is ID and one.name in source.columns]
    guarded = " or ".join(
        f"regexp_full_match(trim({landed.fields[name].delivered}, {literal(BLANKS)}), {literal(f'(?s:{GUARDED})')})"
        for name in columns
    )
    for (number,) in con.execute(f"select count(*) from landed where {guarded or 'false'}").fetchall():
        if number:
            yield Kind.GUARDED_IDS.warning(
                f"{delivery.manifest.delivery_id}: {number:,} rows have an id that a spreadsheet guards as text "
                '(="0042" or \'0042); it is read without the guard'
            )
    for name in columns:
        yield from _alike(con, delivery, name)
        if name in CODES:
            yield from _made_dates(con, delivery, name)


def _made_dates(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, column: str) -> Iterator[str]:
    """Warn of codes that a spreadsheet may have made dates of: 3-1 is 1-Mar in it for good."""
    found = con.execute(
        f"""
        select {column}, min(line), count(*) over ()
        from typed
        where fault is null and regexp_full_match({column}, {literal(SPREADSHEET_DATE)})
        group by {column}
        order by 2
        limit {SHOWN}
        """
    ).fetchall()
    if found:
        total = found[0][-1]
        codes = "1 code looks" if total == 1 else f"{total:,} codes look"
        named = ", ".join(f"{code} (line {line})" for code, line, _ in found)
        yield Kind.DATES_AS_IDS.warning(
            f"{delivery.manifest.delivery_id}: {column} has {codes} like dates that a spreadsheet made: {named}; what "
            f"they were cannot be known here. Export them as text, or say values: {{{column}: {{...}}}} or an "
            f"expression for sources.{delivery.dataset}"
        )


def _alike(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, column: str) -> Iterator[str]:
    found = con.execute(
        f"""
        select count(*), min(one), min_by(other, one)
        from (
            select min({column}) as one, max({column}) as other
            from typed
            where fault is null
            group by lower({column})
            having min({column}) <> max({column})
        )
        """
    ).fetchall()
    for number, one, other in found:
        if number:
            pairs = "1 pair" if number == 1 else f"{number:,} pairs"
            yield Kind.SIMILAR_IDS.warning(
                f"{delivery.manifest.delivery_id}: {column} has {pairs} of ids that differ by capitals alone, such as "
                f"{one} and {other}; if these are one, say fold_id_case: true for sources.{delivery.dataset}"
            )
