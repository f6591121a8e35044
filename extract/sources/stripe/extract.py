"""Records of Stripe accounts to landing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import cursor
from extract.changes import Run, as_line
from extract.errors import ExtractError
from extract.parts import Part, Span, Windows, by_object, land_wholes, months
from extract.sources.rest.pages import Api, Found
from extract.sources.rest.readings import spooled
from extract.sources.rest.spool import Spool
from extract.sources.stripe import StripeSource
from extract.sources.stripe.api import question, session
from extract.sources.stripe.records import FIELDS, landed, spec_of
from privacy.erased import Erased


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands what the client's account has now, or what was made and has changed there in the last days.

    Nothing of a window is landed before all of it is there. Raises ExtractError, without the key, when Stripe gives no
    answer to believe.
    """
    run = Run(paths.landing, Erased.of(paths), business_date, extracted_at, code_version)
    return [
        manifest
        for source, of, parts, place in readings(client)
        for manifest in _Reading(run, source, of, parts, session(source, of, place), client.currency).land()
    ]


def readings(client: Client) -> Iterator[tuple[StripeSource, str, Sequence[Part], str]]:
    """Each kind of record of the account with its datasets, and how messages name it."""
    sources = {name: source for name, source in client.sources.items() if isinstance(source, StripeSource)}
    if len({(source.server, source.secret_key.get_secret_value()) for source in sources.values()}) > 1:
        raise ExtractError(
            f"{', '.join(f'sources.{name}' for name in sources)} of client {client.client} have several keys; expected "
            "one account of Stripe in a client file. Say one secret_key: in all of them."
        )
    for of, parts in by_object(sources, FIELDS).items():
        names = dict.fromkeys(f"sources.{part.dataset}" for part in parts)
        yield next(iter(sources.values())), of, parts, f"{', '.join(names)} of client {client.client}"


@dataclass(frozen=True)
class _Reading:
    """One kind of record, and the datasets that are made of it."""

    run: Run
    source: StripeSource
    object: str
    parts: Sequence[Part]
    api: Api
    currency: str

    def land(self) -> Iterator[Manifest]:
        """Land all records, or those of the last days."""
        with self.api.session:
            yield from (
                self._changes()
                if self.object in StripeSource.by_changes
                else land_wholes(self.run, self.parts, self._spooled((None, None)))
            )

    def _changes(self) -> Iterator[Manifest]:
        windows = Windows(self.run, self.parts, self.api.place, "created", _moment, self._spooled)
        first = cursor.before(windows.mark(), self.source.lag)
        since = datetime.combine(self.source.since, time(), UTC)
        first = since if first is None else max(first, since)
        yield from windows.land(months(first, self.run.extracted_at), first)

    def _spooled(self, span: Span) -> Spool:
        """All records that were made in a span, as Stripe has them now."""
        spec = spec_of(self.object, self.parts)

        def line(found: Found) -> bytes:
            return as_line(landed(spec, found.record, self.currency))

        return spooled(self.api, {**question(self.object), **_asked(span)}, line, "Run the step again.")


def _asked(span: Span) -> Mapping[str, str]:
    return {
        name: str(int(moment.timestamp()))
        for name, moment in zip(("created[gte]", "created[lt]"), span, strict=True)
        if moment
    }


def _moment(said: Any) -> datetime | None:
    """A moment of Stripe: seconds since 1970."""
    is_number = isinstance(said, int) and not isinstance(said, bool)
    return datetime.fromtimestamp(said, UTC) if is_number else None
