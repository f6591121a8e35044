"""Rows of tables and queries to landing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.deliveries import Manifest, safe_name
from contracts.paths import ClientPaths
from extract import cursor
from extract.changes import LINES_OF_ORDERS, Change, Record, Run, Series, Whole, as_line, batches
from extract.errors import ExtractError
from extract.sources.sql import SqlSource
from extract.sources.sql.values import Convert, as_it_is, converter, moment_in, records
from privacy.erased import Erased

if TYPE_CHECKING:
    import sqlalchemy as sa

    from extract.sources.sql.database import Database, Relation

logger = logging.getLogger(__name__)
(ORIGIN,) = SqlSource.origins
KEYS_AT_ONCE = 500


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands what the client's tables and queries have now, or what has changed there since the last run.

    All that has one address is read in one transaction, so that orders and their items fit together. Without a cursor
    the whole is one delivery, and other content its next attempt; with one each run adds deliveries to a series.
    Raises ExtractError, without the password, when a database cannot be read as the client file says.
    """
    from extract.sources.sql.database import open_database  # noqa: PLC0415 SQLAlchemy, which most clients do not need

    run = Run(paths.landing, Erased.of(paths), business_date, extracted_at, code_version)
    sources = {name: source for name, source in client.sources.items() if isinstance(source, SqlSource)}
    landed: list[Manifest] = []
    for address in dict.fromkeys(source.url.get_secret_value() for source in sources.values()):
        here = {name: one for name, one in sources.items() if one.url.get_secret_value() == address}
        with open_database(address, f"sources.{next(iter(here))}.url of client {client.client}") as database:
            for dataset, source in here.items():
                landed += _Reading.of(run, database, dataset, source).land()
    return landed


@dataclass(frozen=True)
class _Reading:
    """One source, and what it is read from."""

    run: Run
    dataset: str
    source: SqlSource
    relation: Relation

    @classmethod
    def of(cls, run: Run, database: Database, dataset: str, source: SqlSource) -> _Reading:
        """Open a source; raises ExtractError when it lacks a column that the client file names."""
        named = f"sources.{dataset}: {f'the table {source.table}' if source.table else 'the query'}"
        relation = database.relation(source.table, source.query, named)
        roots = {name.partition(".")[0] if name not in relation.names else name for name in source.named_columns}
        wanted = [*sorted(roots), *source.key, *([source.cursor] if source.cursor else [])]
        if missing := [name for name in dict.fromkeys(wanted) if name not in relation.names]:
            raise ExtractError(
                f"{named} has no column {', '.join(missing)}, which the client file names; it has "
                f"{', '.join(relation.names)}. Fix columns:, key: or cursor:."
            )
        return cls(run, dataset, source, relation)

    def land(self) -> Iterator[Manifest]:
        """Land all rows, or those that changed."""
        if self.source.cursor:
            yield from self._changes(self.source.cursor)
        else:
            rows = self._rows(self.relation.everything(self.source.key))
            whole = Whole(self.run, self.dataset, self._name, self.source.layout, ORIGIN, self._read)
            yield whole.land(as_line(record) for _, record in rows)

    @property
    def _name(self) -> str:
        return safe_name(self.source.table or "query")

    @property
    def _read(self) -> dict[str, Any]:
        """What decides which rows come, and what is in them."""
        names = ("table", "query", "key", "cursor", "time_zone")
        return self.source.model_dump(mode="json", include={*names}, exclude_none=True)

    @property
    def _series(self) -> Series:
        order = self.source.named.get("order_id")
        if self.dataset in LINES_OF_ORDERS and order is None:
            raise ExtractError(
                f"sources.{self.dataset} reads by a cursor and makes order_id by an expression; expected one of its "
                "columns, as all lines of an order come together. Make it in query:, and map that column."
            )
        group = (order,) if order and self.dataset in LINES_OF_ORDERS else self.source.key
        return Series(
            *(self.run, self.dataset, self._name, self.source.layout, ORIGIN, self.source.key, group, self._read),
            batch_size=self.source.batch_size,
            written=cursor.text,
        )

    def _rows(self, result: sa.CursorResult[Any]) -> Iterator[tuple[Any, Record]]:
        """The last value of each row, and its record, whose moments are written with their offset."""
        from extract.sources.sql.database import CHANGED_AT, utc_columns  # noqa: PLC0415 as above

        names = [name for name in result.keys() if name != CHANGED_AT]  # noqa: SIM118 a result is no mapping
        in_utc = utc_columns(result)
        converts = [converter(moment_in(UTC) if at in in_utc else self._moment(name)) for at, name in enumerate(names)]
        record = records(names, converts)
        for row in result:
            yield row[-1], record(row)

    def _moment(self, column: str) -> Convert:
        """What writes the moments of a column; raises ExtractError for one that is used and has no zone."""
        if self.source.time_zone:
            return moment_in(ZoneInfo(self.source.time_zone))
        if not self.source.uses(column):
            return as_it_is

        def text(value: datetime) -> str:
            if value.tzinfo is None:
                raise ExtractError(
                    f"{self.relation.named} has moments without a time zone in {column}, for example {value}; expected "
                    "to be told of which zone they are. Say time_zone: UTC, or the zone that the shop writes them in."
                )
            return as_it_is(value)

        return text

    def _changes(self, column: str) -> Iterator[Manifest]:
        series, relation, key = self._series, self.relation, self.source.key
        if without := relation.without([column]):
            raise ExtractError(
                f"{relation.named} has {without:,} rows without {column}, which is its cursor: nobody would see them "
                f"change. Name another column, or make one in query:, such as coalesce({column}, created_at)."
            )
        told_by = [*dict.fromkeys([*series.group, *key])]
        if without := relation.without(told_by):
            raise ExtractError(
                f"{relation.named} has {without:,} rows without {' or '.join(told_by)}, which tell rows and orders "
                "apart. Leave them out in query:, or give them one."
            )
        if twice := relation.repeated(key):
            raise ExtractError(
                f"{relation.named} has several rows of {', '.join(key)} = {', '.join(map(str, twice))}, which key: "
                "says tells them apart. Add the column that does."
            )
        is_known = bool(series.deliveries())
        mark = cursor.parse(series.mark())
        low = cursor.before(mark, self.source.lag)
        known = series.known(lambda one: low is None or one is None or cursor.parse(one) >= low)
        changed = self._rows(relation.since(low, column, series.group, key))
        yield from series.land(self._grouped(changed, series.group, mark), known)
        if self.source.deletions == "compare" and is_known:  # else all was read in this transaction
            yield from self._reconcile(series)

    def _reconcile(self, series: Series) -> Iterator[Manifest]:
        """Take out what was deleted, and land what no cursor led to, as what was committed later than the lag."""
        key = self.source.key
        compared = series.compare(record for _, record in self._rows(self.relation.keys(key)))
        if not DATASETS[self.dataset].is_snapshot:  # what was sold to a customer still is, when the customer is gone
            yield from series.take_out(compared.deleted)
        for keys in batches(compared.missing, KEYS_AT_ONCE):
            rows = ((None, record) for _, record in self._rows(self.relation.of_keys(keys, series.group, key)))
            yield from series.land(self._grouped(rows, series.group, cursor.parse(series.mark())), {})

    def _grouped(self, rows: Iterable[tuple[Any, Record]], group: Sequence[str], mark: Any) -> Iterator[Change]:
        """What is landed together; the cursor never goes back, nor to where the source's clock cannot be."""
        for together in _together(rows, group) if group != self.source.key else ([row] for row in rows):
            value = together[-1][0]
            if value is not None:
                cursor.check(value, f"{self.relation.named}, cursor {self.source.cursor}")
                if not cursor.is_ahead(value, self.run.extracted_at):
                    mark = value if mark is None else max(mark, value)
            yield Change(tuple(record for _, record in together), mark)


def _together(rows: Iterable[tuple[Any, Record]], group: Sequence[str]) -> Iterator[list[tuple[Any, Record]]]:
    for _, found in groupby(rows, key=lambda row: [row[1][name] for name in group]):
        yield [*found]
