"""Records of Shopify shops to landing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from itertools import chain
from typing import Any

import msgspec

from contracts.client_file import Client, last_complete_day
from contracts.deliveries import Manifest, safe_name
from contracts.layout import Expression, Layout
from contracts.paths import ClientPaths
from extract import cursor
from extract.changes import LINES_OF_ORDERS, Change, Record, Run, Series, Whole, as_line, identity
from extract.errors import ExtractError
from extract.sources.rest.spool import Spool
from extract.sources.shopify import BY_CURSOR, ShopifySource
from extract.sources.shopify.api import Api
from extract.sources.shopify.records import Pages
from extract.sources.shopify.rights import check_rights
from formats._records import expanded
from privacy.erased import Erased

logger = logging.getLogger(__name__)
READINGS = 3  # of a window that has fewer records than Shopify counts
CHANGED = "updatedAt"
# What tells who a customer is: left out where nobody maps the customer, as it could not be taken out for one erased.
PERSONAL = ("customer",)


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands what the client's shops have now, or what has changed there since the last run.

    A record is asked for once and landed for each dataset that is made of it, with the lists that the dataset maps.
    Nothing of a window is landed before all of it is there and as many records as Shopify counts. Raises ExtractError,
    without the secrets, when Shopify gives no answer to believe.
    """
    run = Run(paths.landing, Erased.of(paths), business_date, extracted_at, code_version)
    sources = {name: source for name, source in client.sources.items() if isinstance(source, ShopifySource)}
    landed: list[Manifest] = []
    for store in dict.fromkeys(source.store for source in sources.values()):
        here = {name: source for name, source in sources.items() if source.store == store}
        first = next(iter(here))
        api = Api(here[first], f"{', '.join(f'sources.{name}' for name in here)} of client {client.client}")
        with api.session:
            check_rights(api, here.values(), extracted_at, is_first=not _has_landed(run, here))
            is_today = business_date >= last_complete_day(extracted_at, client.time_zone)
            for of, parts in _by_object(here).items():
                landed += _Reading(run, Pages(api, of), parts, is_today=is_today).land()
    return landed


@dataclass(frozen=True)
class _Reading:
    """One kind of record, and the datasets that are made of it."""

    run: Run
    pages: Pages
    parts: Sequence[_Part]
    is_today: bool
    """Whether what the shop has now is what it had at the end of the business date."""

    def land(self) -> Iterator[Manifest]:
        """Land all records, or those that changed."""
        if self.pages.object == "inventory" and not self.is_today:
            logger.info("the stock of %s is not known any more", self.run.business_date)
        elif self.pages.object in BY_CURSOR:
            yield from self._changes()
        else:
            yield from self._wholes()

    def _wholes(self) -> Iterator[Manifest]:
        with closing(self._spooled("")) as spool:
            for part in self.parts:
                is_stock = self.pages.object == "inventory"
                whole = Whole(self.run, part.dataset, part.name, part.layout, part.origin, part.read, is_stock)
                added = {"stockDate": f"{self.run.business_date}"} if is_stock else {}
                yield whole.land(as_line(part.of(_record(line) | added)) for line in spool.lines())

    def _changes(self) -> Iterator[Manifest]:
        leader = self.parts[-1]
        source, series = leader.source, leader.series(self.run)
        mark = cursor.parse(series.mark())
        first = cursor.before(mark, source.lag)
        if first is None and self.pages.object == "orders":  # a customer of an order may be much older than it
            first = datetime.combine(source.since, time(), UTC)
        known = [part.series(self.run).known(partial(cursor.written_may_reach, first)) for part in self.parts]
        for begin, end in self._windows(first):
            with closing(self._spooled(_asked(begin, end))) as spool:
                newest, last = self._newest(spool, mark)
                # The leader's cursor is that of all, so it lands last; a run that stops before begins here again.
                for part, before in zip(self.parts, known, strict=True):
                    yield from part.series(self.run).land(self._each(spool, part, mark, newest, last), before)
            mark = newest

    def _windows(self, begin: datetime | None) -> Iterator[tuple[datetime | None, datetime | None]]:
        """From where to where to ask: to the end of each month that is over, then for all from there on."""
        for end in cursor.months_after(begin, self.run.extracted_at) if begin else ():
            yield begin, end
            begin = end
        yield begin, None

    def _newest(self, spool: Spool, mark: datetime | None) -> tuple[datetime | None, bytes]:
        """Where the cursor is once all are landed, and the key of the record that says so."""
        last = b""
        for line in spool.lines():
            record = _record(line)
            value = cursor.of_json(record[CHANGED])
            if not isinstance(value, datetime) or value.tzinfo is None:
                raise ExtractError(
                    f"{self.pages.api.place}: {record['id']} has {record[CHANGED]!r} as {CHANGED}; expected a moment."
                )
            if not cursor.is_ahead(value, self.run.extracted_at) and (mark is None or value >= mark):
                mark, last = value, identity(record, ("id",))
        return mark, last

    def _each(self, spool: Spool, part: _Part, mark: Any, newest: Any, last: bytes) -> Iterator[Change]:
        """The records of a dataset; the one that the cursor stands at comes last, and moves it."""
        others = (line for key, line in spool.items() if key != last)
        end = (line for key, line in spool.items() if key == last)
        for is_last, line in chain(((False, line) for line in others), ((True, line) for line in end)):
            record = part.of(_record(line))
            if part.has_rows(record):
                yield Change((record,), newest if is_last else mark)

    def _spooled(self, asked: str) -> Spool:
        """All records of a window; the newest version of each."""
        pages = self.pages
        for reading in range(1, READINGS + 1):
            before, spool = pages.number(asked), Spool()
            for number, record in enumerate(pages.read(asked), 1):
                spool.add(identity(record, ("id",)), as_line(record))
                if number % 1_000 == 0:
                    logger.info("%s of %s %s are read", f"{number:,}", f"{before:,}", pages.object)
            promised = min(before, pages.number(asked))
            if len(spool) >= promised:
                return spool
            found = f"{len(spool):,} {pages.object} came where Shopify counts {promised:,}"
            spool.close()
            logger.warning("%s: %s, in reading %d of %d", pages.api.place, found, reading, READINGS)
        raise ExtractError(
            f"{pages.api.place}: they were read {READINGS} times, and {found}; expected all of them once. Nothing of "
            "it was landed. Run the step again."
        )


@dataclass(frozen=True)
class _Part:
    """The rows of a dataset that are made of a record in one way."""

    dataset: str
    source: ShopifySource
    object: str
    layout: Layout
    origin: str

    @property
    def name(self) -> str:
        """What its deliveries are called."""
        shop = safe_name(self.source.store.partition("://")[2].replace(":", "_") or self.source.store)
        return f"{shop}-also" if self.origin != ShopifySource.origins[0] else shop

    @property
    def read(self) -> dict[str, Any]:
        """What decides which records come, and what is in them."""
        lists = [name for name in _LISTS if self._reaches(name)]
        left_out = [name for name in PERSONAL if not self._reaches(name)]
        return {"store": self.source.store, "object": self.object, "lists": lists, "without": left_out}

    def series(self, run: Run) -> Series:
        """What is landed of it."""
        key = self.source.key
        return Series(
            *(run, self.dataset, self.name, self.layout, self.origin, key, key, self.read),
            batch_size=self.source.batch_size,
            written=cursor.text,
        )

    def of(self, record: Record) -> Record:
        """The record as it is landed: without lists, and a customer, that nobody maps."""
        return {
            name: value for name, value in record.items() if name not in (*_LISTS, *PERSONAL) or self._reaches(name)
        }

    def has_rows(self, record: Record) -> bool:
        """Whether it is landed: for the dataset of the records themselves, and of lines, each is."""
        if self.dataset == self.object or self.dataset in LINES_OF_ORDERS:
            return True
        return next(expanded({**record}, self.layout.record_path), None) is not None

    def _reaches(self, field: str) -> bool:
        """Whether the mapping names a field or one within it; who a customer is as their id alone."""
        layout = self.layout
        if field in PERSONAL:
            return layout.named.get("customer_id", "").startswith(f"{field}.")
        texts = [one.sql for one in layout.columns.values() if isinstance(one, Expression)]
        texts += [*layout.named.values(), layout.records or "", layout.where or ""]
        return any(re.search(rf"(?<![\w.]){field}(?!\w)", text) for text in texts)


def _by_object(sources: Mapping[str, ShopifySource]) -> dict[str, list[_Part]]:
    """The datasets made of each kind of record, the one of the records themselves last."""
    found: dict[str, list[_Part]] = {}
    for dataset, source in sources.items():
        for of, layout, origin in zip(source.objects, source.layouts, source.origins, strict=False):
            found.setdefault(of, []).append(_Part(dataset, source, of, layout, origin))
    for parts in found.values():
        parts.sort(key=lambda part: (part.dataset == part.object, not part.layout.records))
    return found


_LISTS = ("lineItems", "shippingLines", "transactions", "refunds", "variants")


def _record(line: bytes) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.json.decode(line)
    return record


def _asked(begin: datetime | None, end: datetime | None) -> str:
    """The search for what changed in a window; nothing for all that there is."""
    ends = ((">=", begin), ("<", end))
    return " AND ".join(f"updated_at:{sign}'{cursor.asked(moment)}'" for sign, moment in ends if moment)


def _has_landed(run: Run, sources: Iterable[str]) -> bool:
    return any(any((run.landing / name).glob("*/*/manifest.json")) for name in sources)
