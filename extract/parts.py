"""The datasets that are made of one kind of a shop system's records, and how a window of them is landed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import chain
from typing import Any, Generic, TypeVar

import msgspec

from contracts.deliveries import Manifest, safe_name
from contracts.layout import Expression, Layout
from contracts.printable import quoted
from extract import cursor
from extract.changes import LINES_OF_ORDERS, Change, Record, Run, Series, Whole, as_line, identity
from extract.errors import ExtractError
from extract.shop_source import ShopSource
from extract.sources.rest.spool import Spool
from formats._records import expanded

Span = tuple[datetime | None, datetime | None]
Window = TypeVar("Window")


@dataclass(frozen=True)
class Fields:
    """Of a shop system's records: the lists in them, and what tells who a customer is, each landed only where mapped.

    Who a customer is could not be taken out for one erased where nobody maps the customer. Nor could where they live:
    of ``places``, fields with fields, only what is mapped is landed there.
    """

    lists: tuple[str, ...]
    personal: tuple[str, ...]
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """The rows of a dataset that are made of a record in one way."""

    dataset: str
    source: ShopSource
    object: str
    layout: Layout
    origin: str
    fields: Fields

    @property
    def name(self) -> str:
        """What its deliveries are called."""
        address = self.source.address
        shop = safe_name(address.partition("://")[2].replace(":", "_") or address)
        return f"{shop}-also" if self.origin != self.source.origins[0] else shop

    @property
    def read(self) -> dict[str, Any]:
        """What decides which records come, and what is in them."""
        lists = [name for name in self.fields.lists if name not in self._left_out]
        left_out = [name for name in self.fields.personal if name in self._left_out]
        return {"store": self.source.address, "object": self.object, "lists": lists, "without": left_out}

    def series(self, run: Run) -> Series:
        """What is landed of it."""
        key = self.source.key
        return Series(
            *(run, self.dataset, self.name, self.layout, self.origin, key, key, self.read),
            batch_size=self.source.batch_size,
            written=cursor.text,
        )

    def of(self, record: Record) -> Record:
        """The record as it is landed: without lists, a customer, and where they live, that nobody maps."""
        places = self._places
        return {
            name: _within(value, places[name]) if name in places else value
            for name, value in record.items()
            if name not in self._left_out and places.get(name) != frozenset()
        }

    @cached_property
    def _left_out(self) -> frozenset[str]:
        return frozenset(name for name in (*self.fields.lists, *self.fields.personal) if not self._reaches(name))

    @cached_property
    def _places(self) -> Mapping[str, frozenset[str]]:
        """Of each place the fields that are mapped, "" for all; no place where it is taken out with the customer.

        It is not in ``read``: a series that was landed with all of them goes on.
        """
        if any(name not in self._left_out for name in self.fields.personal):
            return {}
        return {
            place: frozenset(
                field.lower()
                for text in self._mapped
                for field in re.findall(rf"(?i)(?<![\w.]){place}(?!\w)\.?(\w*)", text)
            )
            for place in self.fields.places
        }

    @cached_property
    def _mapped(self) -> tuple[str, ...]:
        """All that the mapping says in the words of the source."""
        layout = self.layout
        keys = [one for look_up in layout.look_ups.values() for one in look_up.by.values()]
        made = [one.sql for one in (*layout.columns.values(), *keys) if isinstance(one, Expression)]
        return (*made, *layout.named_columns, layout.records or "", layout.where or "")

    def landed(self, run: Run) -> Iterator[bytes]:
        """Each record that counts, as it was landed."""
        for manifest in self.series(run).deliveries():
            with manifest.data_file(run.landing).open("rb") as stream:
                yield from stream

    def has_rows(self, record: Record) -> bool:
        """Whether it is landed: for the dataset of the records themselves, and of lines, each is."""
        if self.dataset == self.object or self.dataset in LINES_OF_ORDERS:
            return True
        return next(expanded({**record}, self.layout.record_path), None) is not None

    def _reaches(self, field: str) -> bool:
        """Whether the mapping names a field or one within it; who a customer is as their id alone."""
        if field in self.fields.personal:
            return self.layout.named.get("customer_id", "").partition(".")[0] == field
        return any(re.search(rf"(?<![\w.]){field}(?!\w)", text) for text in self._mapped)


def by_object(sources: Mapping[str, ShopSource], fields: Fields) -> dict[str, list[Part]]:
    """The datasets made of each kind of record, the one of the records themselves last: it has the cursor of all."""
    found: dict[str, list[Part]] = {}
    for dataset, source in sources.items():
        for of, layout, origin in zip(source.objects, source.layouts, source.origins, strict=False):
            found.setdefault(of, []).append(Part(dataset, source, of, layout, origin, fields))
    for parts in found.values():
        parts.sort(key=lambda part: (part.dataset == part.object, not part.layout.records))
    return found


def by_shop(sources: Mapping[str, ShopSource]) -> Iterator[dict[str, ShopSource]]:
    """The sources of each shop."""
    for address in dict.fromkeys(source.address for source in sources.values()):
        yield {name: source for name, source in sources.items() if source.address == address}


def land_wholes(run: Run, parts: Iterable[Part], spool: Spool) -> Iterator[Manifest]:
    """Land each dataset that is made of a kind of record as one delivery; the records are removed afterwards."""
    with closing(spool):
        for part in parts:
            whole = Whole(run, part.dataset, part.name, part.layout, part.origin, part.read)
            yield whole.land(as_line(part.of(msgspec.json.decode(line))) for line in spool.lines())


@dataclass(frozen=True)
class Windows(Generic[Window]):
    """Records that come by their changes: of each window all are spooled before any is landed.

    ``moment`` is when a record changed, or None where it says nothing to be believed.
    """

    run: Run
    parts: Sequence[Part]
    place: str
    changed: str
    moment: Callable[[Any], datetime | None]
    spooled: Callable[[Window], Spool]

    def mark(self) -> datetime | None:
        """Where the cursor of all parts is."""
        mark: datetime | None = cursor.parse(self.parts[-1].series(self.run).mark())
        return mark

    def land(self, windows: Iterable[Window], first: datetime | None) -> Iterator[Manifest]:
        """Land what the windows have that is another than was landed before, which changed at ``first`` or later."""
        mark, is_recent = self.mark(), partial(cursor.written_may_reach, first)
        known = [part.series(self.run).known(is_recent) for part in self.parts]
        for window in windows:
            with closing(self.spooled(window)) as spool:
                newest, last = self._newest(spool, mark)
                # The last part's cursor is that of all; a run that stops before begins here again.
                for part, before in zip(self.parts, known, strict=True):
                    yield from part.series(self.run).land(self._each(spool, part, mark, newest, last), before)
            mark = newest

    def _newest(self, spool: Spool, mark: datetime | None) -> tuple[datetime | None, bytes]:
        """Where the cursor is once all are landed, and the key of the record that says so."""
        last = b""
        for key, line in spool.items():
            said = msgspec.json.decode(line).get(self.changed)
            value = self.moment(said)
            if value is None:
                raise ExtractError(
                    f"{self.place}: {key.decode()} has {quoted(said)} as {self.changed}; expected a moment."
                )
            if not cursor.is_ahead(value, self.run.extracted_at) and (mark is None or value >= mark):
                mark, last = value, key
        return mark, last

    def _each(self, spool: Spool, part: Part, mark: Any, newest: Any, last: bytes) -> Iterator[Change]:
        """The records of a dataset; the one that the cursor stands at comes last, and moves it."""
        others = (line for key, line in spool.items() if key != last)
        end = (line for key, line in spool.items() if key == last)
        for is_last, line in chain(((False, line) for line in others), ((True, line) for line in end)):
            record = part.of(msgspec.json.decode(line))
            if part.has_rows(record):
                yield Change((record,), newest if is_last else mark)


def _within(place: Any, names: frozenset[str]) -> Any:
    """The place with these of its fields alone."""
    if not isinstance(place, dict) or "" in names:
        return place
    return {name: value for name, value in place.items() if name.lower() in names}


def months(begin: datetime | None, now: datetime) -> list[Span]:
    """From where to where to ask: to the end of each month that is over, then for all from there on."""
    found: list[Span] = []
    for end in cursor.months_after(begin, now) if begin else ():
        found.append((begin, end))
        begin = end
    return [*found, (begin, None)]


def key_of(record: Record) -> bytes:
    """What tells a record apart from others of its kind."""
    return identity(record, ("id",))
