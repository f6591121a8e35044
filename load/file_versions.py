"""Which of several files of one date is newer: what their names say, and where two of them hold one record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.file_order import Order, order_of
from contracts.warning import Kind
from load.errors import LoadError
from load.file_order import file_name, file_order
from load.ledger import keep_warnings
from load.raw_tables import Part, RawTables
from load.raw_views import NATURAL_KEYS, stored_columns
from load.validation import DeliveryContext

SHOWN = 3
OF_THE_LOAD = {"_delivery_id", "_source_file", "_line", "_loaded_at", "_run_id", "valid_from"}


@dataclass(frozen=True)
class _Conflict:
    """Two files of one date with other content in some records, the newer one by their order last."""

    older: DeliveryContext
    newer: DeliveryContext
    records: int
    example: str

    @property
    def order(self) -> Order:
        source = self.newer.source
        if source and source.newest == "modified":
            return Order.DECIDED if file_order(self.older) != file_order(self.newer) else Order.OPEN
        order = order_of(file_name(self.older), file_name(self.newer))
        return Order.PLAIN if order is Order.OPEN and source and source.newest == "name" else order

    def brought(self, added: Collection[str]) -> DeliveryContext:
        """The one of the two that this load brings."""
        return self.newer if self.newer.manifest.delivery_id in added else self.older

    def __str__(self) -> str:
        records = "1 record" if self.records == 1 else f"{self.records:,} records"
        return f"{records} of {file_name(self.older)} and {file_name(self.newer)}, for example {self.example}"


def check_versions(
    con: duckdb.DuckDBPyConnection,
    client: Client,
    landed: Iterable[Manifest],
    tables: RawTables,
    new: Collection[Part],
) -> dict[str, list[str]]:
    """Warn of records that two files of one date have with other content, once a dataset; by delivery.

    ``new`` is what this load brings; the warnings are in ``ledger_lines`` then. Raises LoadError when nothing says
    which of two such files is newer.
    """
    known = {name for (name,) in con.execute("select delivery_id from ledger_lines").fetchall()}
    newest = {(one.dataset, one.key): one for one in landed if one.delivery_id in known and "path" in one.parameters}
    alike: dict[tuple[str, date], dict[str, DeliveryContext]] = defaultdict(dict)
    for one in newest.values():
        alike[one.dataset, one.logical_date][one.delivery_id] = DeliveryContext(client, one, Path(one.file))
    added = {part.delivery_id for part in new}
    compared = {place: files for place, files in alike.items() if len(files) > 1 and not added.isdisjoint(files)}
    if not compared:
        return {}
    parts = [*new, *(part for files in tables.parts().values() for part in files)]
    warnings: dict[str, list[str]] = {}
    for dataset, places in groupby(sorted(compared), key=itemgetter(0)):
        found = [one for place in places for one in _conflicts(con, dataset, compared[place], parts)]
        if undecided := [one for one in found if one.order is Order.OPEN]:
            raise LoadError(_undecided(dataset, undecided))
        if found:
            loaded = found[0].brought(added)
            warnings[loaded.manifest.delivery_id] = [_decided(dataset, found)]
            keep_warnings(con, loaded.manifest, warnings[loaded.manifest.delivery_id])
    return warnings


def _conflicts(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    files: Mapping[str, DeliveryContext],
    parts: Collection[Part],
) -> Iterator[_Conflict]:
    of_names = [str(part.file) for part in parts if part.table == dataset and part.delivery_id in files]
    if len(of_names) < 2:
        return
    keys = NATURAL_KEYS.get(dataset, ("order_id",))
    key = keys[0] if len(keys) == 1 else f"concat_ws(', ', {', '.join(keys)})"
    content = ", ".join(name for name in stored_columns(dataset) if name not in OF_THE_LOAD)
    con.execute(
        f"""
        create or replace temp table file_versions as
        with versions as (
            select {key} as key, _delivery_id, sum(hash({content}) & 1099511627775) as content
            from read_parquet($files)
            group by all
        )

        select *
        from versions
        where key in (select key from versions group by key having min(content) <> max(content))
        """,
        {"files": of_names},
    )
    order = {name: (file_order(files[name]) or "", name) for name in files}
    pairs = con.execute(
        """
        select one._delivery_id, other._delivery_id, count(*), min(one.key)
        from file_versions as one
        inner join file_versions as other
            on one.key = other.key and one._delivery_id < other._delivery_id and one.content <> other.content
        group by all
        order by all
        """
    ).fetchall()
    for one, other, records, example in pairs:
        older, newer = sorted((one, other), key=order.__getitem__)
        yield _Conflict(files[older], files[newer], records, f"{keys[0]} {example}" if len(keys) == 1 else example)


def _undecided(dataset: str, conflicts: Collection[_Conflict]) -> str:
    named = "; ".join(map(str, [*conflicts][:SHOWN])) + ("; ..." if len(conflicts) > SHOWN else "")
    return (
        f"sources.{dataset}: {named}: they have other content, and neither the date of the files nor the numbers, "
        "dates and months in their names say which is newer. Nothing of this load was recorded. Say newest: modified "
        "in the client file, and the file that was written last counts; or newest: name, and the name that sorts last "
        "does; or name the files by date."
    )


def _decided(dataset: str, conflicts: Collection[_Conflict]) -> str:
    total = sum(one.records for one in conflicts)
    first = next(iter(conflicts))
    by = "its name" if not (first.newer.source and first.newer.source.newest == "modified") else "when it was written"
    what = f"{total:,} records were" if total > 1 else "1 record was"
    return Kind.FILE_ORDER.warning(
        f"{first.newer.manifest.delivery_id}: {what} delivered twice on one date with other content, for example "
        f"{first.example} in {file_name(first.older)} and {file_name(first.newer)}; by {by} {file_name(first.newer)} "
        f"is newer and counts. If it is not, say newest: modified for sources.{dataset}, by when files were written"
    )
