"""Records of WooCommerce shops to landing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import cursor
from extract.changes import Run, batches
from extract.parts import Part, Span, Windows, by_object, by_shop, key_of, land_wholes, months
from extract.sources.rest.pages import Api
from extract.sources.rest.spool import Spool
from extract.sources.woocommerce import WooCommerceSource
from extract.sources.woocommerce.api import is_gone, read, session
from extract.sources.woocommerce.records import FIELDS
from privacy.erased import Erased

logger = logging.getLogger(__name__)
# By what a window is asked for; refunds are made once and never change.
CHANGED: Mapping[str, str] = {"orders": "date_modified_gmt", "refunds": "date_created_gmt"}
BOUNDS = {"orders": ("modified_after", "modified_before"), "refunds": ("after", "before")}
INCLUDED = 100  # ids in one question
Asked = Mapping[str, str]


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands what the client's shops have now, or what has changed there since the last run.

    Nothing of a window is landed before all of it is there and as many records as WooCommerce counts. What it deleted
    of the last days is taken out. Raises ExtractError, without the secrets, when it gives no answer to believe.
    """
    run = Run(paths.landing, Erased.of(paths), business_date, extracted_at, code_version)
    return [
        manifest
        for source, of, parts, place in readings(client)
        for manifest in _Reading(run, source, of, parts, session(source, of, place)).land()
    ]


def readings(client: Client) -> Iterator[tuple[WooCommerceSource, str, Sequence[Part], str]]:
    """Each kind of record of the client's shops with its datasets, and how messages name it."""
    sources = {name: source for name, source in client.sources.items() if isinstance(source, WooCommerceSource)}
    for shop in by_shop(sources):
        here = {name: sources[name] for name in shop}
        for of, parts in by_object(here, FIELDS).items():
            names = dict.fromkeys(f"sources.{part.dataset}" for part in parts)
            yield next(iter(here.values())), of, parts, f"{', '.join(names)} of client {client.client}"


@dataclass(frozen=True)
class _Reading:
    """One kind of record, and the datasets that are made of it."""

    run: Run
    source: WooCommerceSource
    object: str
    parts: Sequence[Part]
    api: Api

    def land(self) -> Iterator[Manifest]:
        """Land all records, or those that changed."""
        with self.api.session:
            yield from self._changes() if self.object in CHANGED else land_wholes(self.run, self.parts, self._read({}))

    def _changes(self) -> Iterator[Manifest]:
        changed = CHANGED[self.object]
        windows = Windows(self.run, self.parts, self.api.place, changed, _moment, self._read)
        compared = self.run.extracted_at - timedelta(days=self.source.compare_days)
        first = cursor.before(windows.mark(), self.source.lag)
        if first is None:
            first = datetime.combine(self.source.since, time(), UTC)
        yield from windows.land(map(self._asked, months(first, self.run.extracted_at)), first)
        yield from self._compared(windows, compared)

    def _compared(self, windows: Windows[Asked], begin: datetime) -> Iterator[Manifest]:
        """Take out what the shop has no more of the last days, and land what never came."""
        begin = max(begin, datetime.combine(self.source.since, time(), UTC))
        with closing(self._ids({"dates_are_gmt": "true", "after": _written(begin, -1)})) as spool:
            there = {*spool.places}
        landed = self._landed()
        recent = {key for key, created in landed.items() if created is None or created >= begin}
        gone = self._confirmed(recent - there)
        if gone:
            logger.info("%s: %s of %s were deleted", self.api.place, f"{len(gone):,}", self.object)
        for part in self.parts:  # the last one is that by which the next run would know of them
            yield from part.series(self.run).take_out(gone)
        if missing := sorted(there - {*landed}):
            yield from windows.land(map(_included, batches(missing, INCLUDED)), None)

    def _landed(self) -> dict[bytes, datetime | None]:
        """What is landed, and when it was made."""
        found = {}
        for line in self.parts[-1].landed(self.run):
            record = msgspec.json.decode(line)
            found[key_of(record)] = _moment(record.get("date_created_gmt"))
        return found

    def _confirmed(self, absent: Collection[bytes]) -> frozenset[bytes]:
        """Those of them that the shop has not when it is asked for them by their ids: pages may have shifted.

        Of orders each is asked for by itself, as one whose status nobody registers any more is in no list.
        """
        gone = {*absent}
        for batch in batches(sorted(absent), INCLUDED):
            with closing(self._ids(_included(batch))) as spool:
                gone -= {*spool.places}
        if self.object != "orders":
            return frozenset(gone)
        unlisted = {key for key in sorted(gone) if not is_gone(self.api, _id(key))}
        if unlisted:
            logger.warning(
                "%s: %s of orders are in no list of the shop's and still exist: they stay as they were landed last; "
                "what changes in them does not come. Switch the plugin on again that their status is of, or give them "
                "another status.", self.api.place, f"{len(unlisted):,}",
            )  # fmt: skip
        return frozenset(gone - unlisted)

    def _asked(self, span: Span) -> Asked:
        """What asks for a span; its ends are left out by WooCommerce, and may not have a zone."""
        begin, end = span
        after, before = BOUNDS[self.object]
        asked = {"dates_are_gmt": "true"}
        if begin:
            asked[after] = _written(begin, -1)
        return {**asked, before: _written(end)} if end else asked

    def _read(self, asked: Asked) -> Spool:
        return read(self.api, self.object, asked)

    def _ids(self, asked: Asked) -> Spool:
        return read(self.api, self.object, asked, ids_alone=True)


def _included(keys: Sequence[bytes]) -> Asked:
    return {"include": ",".join(str(_id(key)) for key in keys)}


def _id(key: bytes) -> int:
    return int(msgspec.json.decode(key)[0])


def _written(moment: datetime, seconds: int = 0) -> str:
    moment = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None) + timedelta(seconds=seconds)
    return moment.isoformat()


def _moment(said: Any) -> datetime | None:
    """A moment of WooCommerce, which writes GMT without saying so."""
    value = cursor.of_json(said)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
