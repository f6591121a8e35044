"""Records of REST APIs to landing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property, partial
from typing import Any

import msgspec

from contracts.client_file import Client
from contracts.deliveries import Manifest, safe_name
from contracts.paths import ClientPaths
from contracts.printable import quoted
from extract import cursor
from extract.changes import LINES_OF_ORDERS, Change, Run, Series, Whole, at
from extract.errors import ExtractError
from extract.mapped_fields import MappedFields
from extract.sources.rest import RestSource
from extract.sources.rest.pages import Api, Found, check_address
from extract.sources.rest.readings import spooled
from extract.sources.rest.spool import Spool
from privacy.erased import Erased
from privacy.redaction import CUSTOMER

(ORIGIN,) = RestSource.origins


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands what the client's APIs have now, or what has changed there since the last run, each record as it came.

    Nothing of a reading is landed before all of its pages are there and as many records as the server promises. Without
    a cursor the whole is one delivery, and other content its next attempt; with one each run adds deliveries to a
    series. Raises ExtractError, without the secrets, when a server gives no answer to believe.
    """
    run = Run(paths.landing, Erased.of(paths), business_date, extracted_at, code_version)
    return [
        manifest
        for dataset, source in client.sources.items()
        if isinstance(source, RestSource)
        for manifest in _Reading(run, dataset, source, f"sources.{dataset} of client {client.client}").land()
    ]


@dataclass(frozen=True)
class _Reading:
    """One source of a run; ``place`` names it in messages."""

    run: Run
    dataset: str
    source: RestSource
    place: str

    def land(self) -> Iterator[Manifest]:
        """Land all records, or those that changed."""
        check_address(self.source, self.place)
        name = safe_name(self.source.url.partition("?")[0].rstrip("/").rpartition("/")[2] or "records")
        names = ("url", "parameters", "records", "lines", "key", "cursor")
        read = self.source.model_dump(mode="json", include={*names}, exclude_none=True)
        if self._fields:
            read["fields"] = sorted({*self._fields.names, *(one.sql for one in self._fields.expressions)})
        common = (self.run, self.dataset, name, self.source.layout, ORIGIN)
        if not self.source.cursor:
            whole = Whole(*common, read)
            with closing(self._spooled({})) as spool:
                yield whole.land(spool.lines())
            return
        if self.dataset in LINES_OF_ORDERS and not self.source.lines:
            raise ExtractError(
                f"sources.{self.dataset} reads rows of orders by a cursor, and one that changed would come without the "
                "others of its order. Read the orders, with lines: for the list of these rows in each, or leave out "
                "cursor: everything is then read each time."
            )
        key = self.source.key
        series = Series(*common, key, key, read, batch_size=self.source.batch_size, written=cursor.text)
        yield from self._changes(series, self.source.cursor)

    @cached_property
    def _fields(self) -> MappedFields | None:
        """What of a record is landed where nobody maps the customer; all of it where it can be taken out again."""
        layout = self.source.layout
        if CUSTOMER in layout.columns or any(CUSTOMER in one.by for one in layout.look_ups.values()):
            return None
        return MappedFields.of(layout, {*self.source.key, *filter(None, [self.source.cursor])})

    def _changes(self, series: Series, column: str) -> Iterator[Manifest]:
        mark = cursor.parse(series.mark())
        for begin, end in self._windows(cursor.before(mark, self.source.lag)):
            asked = {self.source.cursor_parameter: begin, self.source.until_parameter: end}
            since = {str(name): cursor.asked(value) for name, value in asked.items() if name and value is not None}
            with closing(self._spooled(since)) as spool:
                newest = self._newest(spool, column, mark)
                known = series.known(partial(cursor.written_may_reach, begin))
                # The cursor moves with the last record alone, as pages come in any order.
                yield from series.land(self._each(spool, mark, newest), known)
            mark = newest

    def _windows(self, low: Any) -> Iterator[tuple[Any, Any]]:
        """From where to where to ask: to the end of each month that is over, then for all from there on."""
        begin = low
        if begin is None and self.source.since:
            begin = datetime.combine(self.source.since, time(), UTC)
        if self.source.until_parameter and isinstance(begin, datetime):
            for end in cursor.months_after(begin, self.run.extracted_at):
                yield begin, end
                begin = cursor.before(end, self.source.lag)
        yield begin, None

    def _newest(self, spool: Spool, column: str, mark: Any) -> Any:
        """Where the cursor is once all are landed."""
        for line in spool.lines():
            said = at(msgspec.json.decode(line), column)
            value = cursor.of_json(said)
            if value is None or (mark is not None and cursor.kind(value) != cursor.kind(mark)):
                raise ExtractError(
                    f"{self.place} has a record whose {column} is {quoted(said)}; expected a moment or a number that "
                    "grows when it changes, of one kind in all records. Name another field as cursor:."
                )
            if not cursor.is_ahead(value, self.run.extracted_at):
                mark = value if mark is None else max(mark, value)
        return mark

    def _each(self, spool: Spool, mark: Any, newest: Any) -> Iterator[Change]:
        for number, line in enumerate(spool.lines(), 1):
            yield Change((msgspec.json.decode(line),), newest if number == len(spool) else mark, (line,))

    def _spooled(self, since: dict[str, str]) -> Spool:
        """All records that there are, or that changed; the newest version of each."""
        has_lines, fields = not self.source.lines, self._fields

        def line(found: Found) -> bytes:
            nonlocal has_lines
            has_lines = has_lines or at(found.record, str(self.source.lines).partition(".")[0]) is not None
            return fields.line(found.line) if fields else found.line

        api = Api(self.source, self.place)
        advice = "Ask for an order that does not change by parameters:, such as orderby: id, and run the step again."
        with api.session:
            spool = spooled(api, {**self.source.parameters, **since}, line, advice)
        if len(spool) and not has_lines:
            raise ExtractError(
                f"{self.place} has no record with {self.source.lines}, where lines: says that the rows lie; expected "
                "the name of the list within a record."
            )
        return spool
