"""Records of Shopify shops to landing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from contracts.client_file import Client, last_complete_day
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import cursor
from extract.changes import Run, Whole, as_line
from extract.errors import ExtractError
from extract.parts import Fields, Part, Span, Windows, by_object, by_shop, key_of, months
from extract.sources.rest.spool import Spool
from extract.sources.shopify import ShopifySource
from extract.sources.shopify.api import Api
from extract.sources.shopify.records import Pages
from extract.sources.shopify.rights import check_rights
from privacy.erased import Erased

logger = logging.getLogger(__name__)
READINGS = 3  # of a window that has fewer records than Shopify counts
FIELDS = Fields(
    ("lineItems", "shippingLines", "transactions", "refunds", "variants"), ("customer",), ("shippingAddress",)
)


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands what the client's shops have now, or what has changed there since the last run.

    A record is asked for once and landed for each dataset that is made of it, with the lists that the dataset maps.
    Nothing of a window is landed before all of it is there and as many records as Shopify counts. Raises ExtractError,
    without the secrets, when Shopify gives no answer to believe.
    """
    run = Run(paths.landing, Erased.of(paths), business_date, extracted_at, code_version)
    landed: list[Manifest] = []
    for here, api in shops(client):
        with api.session:
            check_rights(api, here.values(), extracted_at, is_first=not _has_landed(run, here))
            is_today = business_date >= last_complete_day(extracted_at, client.time_zone)
            for of, parts in by_object(here, FIELDS).items():
                landed += _Reading(run, Pages(api, of), parts, is_today=is_today).land()
    return landed


def shops(client: Client) -> Iterator[tuple[dict[str, ShopifySource], Api]]:
    """The sources of each of the client's shops, and a session with it."""
    sources = {name: source for name, source in client.sources.items() if isinstance(source, ShopifySource)}
    for shop in by_shop(sources):
        here = {name: sources[name] for name in shop}
        first = next(iter(here.values()))
        yield here, Api(first, f"{', '.join(f'sources.{name}' for name in here)} of client {client.client}")


@dataclass(frozen=True)
class _Reading:
    """One kind of record, and the datasets that are made of it."""

    run: Run
    pages: Pages
    parts: Sequence[Part]
    is_today: bool
    """Whether what the shop has now is what it had at the end of the business date."""

    def land(self) -> Iterator[Manifest]:
        """Land all records, or those that changed."""
        if self.pages.object == "inventory" and not self.is_today:
            logger.info("the stock of %s is not known any more", self.run.business_date)
        elif self.pages.object in ShopifySource.by_changes:
            yield from self._changes()
        else:
            yield from self._wholes()

    def _wholes(self) -> Iterator[Manifest]:
        with closing(self._spooled((None, None))) as spool:
            for part in self.parts:
                is_stock = self.pages.object == "inventory"
                whole = Whole(self.run, part.dataset, part.name, part.layout, part.origin, part.read, is_stock)
                added = {"stockDate": f"{self.run.business_date}"} if is_stock else {}
                yield whole.land(as_line(part.of(msgspec.json.decode(line) | added)) for line in spool.lines())

    def _changes(self) -> Iterator[Manifest]:
        windows = Windows(self.run, self.parts, self.pages.api.place, "updatedAt", _moment, self._spooled)
        source = self.parts[-1].source
        first = cursor.before(windows.mark(), source.lag)
        if first is None and self.pages.object == "orders":  # a customer of an order may be much older than it
            first = datetime.combine(source.since, time(), UTC)
        yield from windows.land(months(first, self.run.extracted_at), first)

    def _spooled(self, window: Span) -> Spool:
        """All records of a window; the newest version of each."""
        pages, asked = self.pages, _asked(window)
        for reading in range(1, READINGS + 1):
            before, spool = pages.number(asked), Spool()
            for number, record in enumerate(pages.read(asked), 1):
                spool.add(key_of(record), as_line(record))
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


def _moment(said: Any) -> datetime | None:
    value = cursor.of_json(said)
    return value if isinstance(value, datetime) and value.tzinfo else None


def _asked(window: Span) -> str:
    """The search for what changed in a window; nothing for all that there is."""
    ends = zip((">=", "<"), window, strict=True)
    return " AND ".join(f"updated_at:{sign}'{cursor.asked(moment)}'" for sign, moment in ends if moment)


def _has_landed(run: Run, sources: Iterable[str]) -> bool:
    return any(any((run.landing / name).glob("*/*/manifest.json")) for name in sources)
