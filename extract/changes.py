"""Changes of a source in landing: a numbered series of deliveries, the newest of which has the cursor in its manifest.

Landing is all that a run knows of the runs before it. A record is landed again only when it is another one than was
landed last; one that the source deleted is taken out of the deliveries that have it, each of which gets a new attempt.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from contracts.data_file import data_file
from contracts.datasets import DATASETS
from contracts.deliveries import Delivery, Manifest
from contracts.layout import Layout
from extract.errors import ExtractError
from formats._records import expanded
from privacy.erased import Erased
from privacy.redaction import Columns, redact
from storage.durable import sha256_of
from storage.landing import land, latest, staged_file

logger = logging.getLogger(__name__)
READ_AS = {"format", "records", "columns", "where", "fold_id_case"}
KEYS_IN_AN_ARRAY = 100_000
# Datasets whose lines are one version with all others of their order, also where there is none any more.
LINES_OF_ORDERS = ("order_items", "order_lines", "discount_codes", "tax_lines")
Record = Mapping[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Run:
    """One call of an extract function: where to, and what all of its deliveries have."""

    landing: Path
    erased: Erased
    business_date: date
    extracted_at: datetime
    code_version: str


@dataclass(frozen=True)
class Change:
    """A record as the source has it, or all lines of one order; ``mark`` is where the cursor is when it is landed.

    ``lines`` are the records as they came, where they were JSON already.
    """

    records: tuple[Record, ...]
    mark: Any
    lines: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Whole:
    """What a source has of a dataset, as one delivery; other content is the next attempt, or a version of its day.

    ``read`` says what is read of the source. What ``is_of_a_day`` stands beside what it had on other days.
    """

    run: Run
    dataset: str
    name: str
    layout: Layout
    origin: str
    read: Mapping[str, Any]
    is_of_a_day: bool = False

    @property
    def _is_dated(self) -> bool:
        return self.is_of_a_day or DATASETS[self.dataset].is_snapshot

    def land(self, lines: Iterable[bytes]) -> Manifest:
        """Land the lines, or return the newest delivery where it has the same.

        Raises ExtractError where changes, or another name, were landed before.
        """
        run, newest = self.run, self._newest()
        day = max(run.business_date, newest.logical_date) if newest else run.business_date
        delivery = Delivery(
            self.dataset,
            f"{self.name}-{day}" if self._is_dated else self.name,
            day,
            f"{self.name}.jsonl",
            self.origin,
            parameters={"read": {**self.read}, **_read_as(self.layout)},
        )
        with staged_file(run.landing, delivery) as staged:
            with staged.open("wb") as out:
                rows = sum(bool(out.write(line)) for line in lines)
            if self.layout.record_path:
                rows = data_file(staged, self.layout).count()
            redact(staged, self.dataset, self.layout, run.erased)
            if newest and newest.is_of(sha256_of(staged)):
                logger.info("%s has what was delivered before: %s", self.name, newest.delivery_id)
                return newest
            return _land(run, delivery, staged, rows)

    def _newest(self) -> Manifest | None:
        folder = self.run.landing / self.dataset
        landed = [one for one in _newest_attempts(self.run.landing, self.dataset) if one.origin == self.origin]
        dated = r"-\d{4}-\d\d-\d\d" if self._is_dated else ""
        wanted = re.compile(re.escape(self.name) + dated)
        if other := [one for one in landed if not wanted.fullmatch(one.key) or "cursor" in one.parameters]:
            raise ExtractError(
                f"sources.{self.dataset} is read as a whole, and {other[0].delivery_id} was landed under another name "
                f"or by a cursor; rows of both would count. Delete the folder {folder} of what was landed before, then "
                "run sales extract and sales load --full-refresh."
            )
        return max(landed, key=lambda one: (one.logical_date, one.attempt), default=None)


@dataclass(frozen=True)
class Compared:
    """What the keys of a source and those landed do not have in common."""

    deleted: frozenset[bytes]
    missing: tuple[list[Any], ...]


@dataclass(frozen=True)
class Series:
    """What a source has landed of a dataset, as JSON Lines.

    ``key`` are the columns that tell records apart, ``group`` those that tell apart what is landed as a whole: an order
    with its lines, else the key. ``read`` says what is read of the source; it may not change within a series.
    ``written`` makes JSON of a mark.
    """

    run: Run
    dataset: str
    name: str
    layout: Layout
    origin: str
    key: tuple[str, ...]
    group: tuple[str, ...]
    read: Mapping[str, Any]
    batch_size: int
    written: Callable[[Any], Any]

    def deliveries(self) -> list[Manifest]:
        """The newest attempt of each, in the order they were landed.

        Raises ExtractError when they are of another reading of the source.
        """
        folder = self.run.landing / self.dataset
        pattern = re.compile(re.escape(self.name) + r"-\d{6,}")
        landed = _newest_attempts(self.run.landing, self.dataset)
        ours = [one for one in landed if pattern.fullmatch(one.key) and one.parameters.get("read") == {**self.read}]
        if other := [one for one in landed if one.origin == self.origin and one not in ours]:
            changed = sorted(
                name
                for name in {*self.read, *other[0].parameters.get("read", {})}
                if self.read.get(name) != other[0].parameters.get("read", {}).get(name)
            )
            raise ExtractError(
                f"sources.{self.dataset} has another {', '.join(changed) or 'name'} than when {other[0].delivery_id} "
                f"was landed; rows of both would count. Delete the folder {folder} of what was landed before, then run "
                "sales extract and sales load --full-refresh."
            )
        return ours

    def mark(self) -> Any:
        """Where the cursor is; None before anything was landed."""
        return next((one.parameters["cursor"] for one in reversed(self.deliveries())), None)

    def known(self, is_recent: Callable[[Any], bool]) -> dict[bytes, bytes]:
        """What was landed last by deliveries whose cursor is recent: a digest by the group's identity."""
        digests: dict[bytes, bytes] = {}
        for manifest in self.deliveries():
            if is_recent(manifest.parameters["cursor"]):
                for group, lines in _groups(self._lines(manifest), self.group):
                    digests[group] = _digest(lines)
        return digests

    def land(self, changes: Iterable[Change], known: Mapping[bytes, bytes]) -> Iterator[Manifest]:
        """Land what is another than known, in batches that leave no order in two of them."""
        new = (change for change in map(self._lines_of, changes) if not self._is_known(change, known))
        began, landed = time.monotonic(), 0
        while (first := next(new, None)) is not None:
            manifest = self._land_batch(chain([first], new))
            landed += manifest.rows
            rate = landed / max(time.monotonic() - began, 0.001)
            logger.info("%s: %s rows, %s in all, %s a second", manifest.delivery_id, f"{manifest.rows:,}",
                        f"{landed:,}", f"{rate:,.0f}")  # fmt: skip
            yield manifest

    def compare(self, keys: Iterable[Record]) -> Compared:
        """Which records the source has no more, and which it has that were never landed."""
        landed = pa.chunked_array([found for _, found in self._keys_by_delivery()], pa.binary())
        there = pa.chunked_array(
            [pa.array(map(self._key_of, batch), pa.binary()) for batch in batches(keys, KEYS_IN_AN_ARRAY)], pa.binary()
        )
        deleted = landed.filter(pc.invert(pc.is_in(landed, value_set=there)))
        missing = there.filter(pc.invert(pc.is_in(there, value_set=landed)))
        return Compared(frozenset(deleted.to_pylist()), tuple(map(msgspec.json.decode, missing.to_pylist())))

    def take_out(self, deleted: frozenset[bytes]) -> Iterator[Manifest]:
        """Land each delivery that has a deleted record once more, without it."""
        if not deleted:
            return
        gone = pa.array([*deleted], pa.binary())
        for manifest, keys in self._keys_by_delivery():
            number = pc.sum(pc.is_in(keys, value_set=gone)).as_py() or 0
            if not number:
                continue
            with staged_file(self.run.landing, manifest.delivery) as staged:
                with staged.open("wb") as out:
                    out.writelines(
                        line
                        for line in self._lines(manifest)
                        if identity(msgspec.json.decode(line), self.key) not in deleted
                    )
                logger.info("%s: %s records that the source deleted are taken out", manifest.delivery_id, f"{number:,}")
                has_lists = bool(self.layout.record_path)
                rows = data_file(staged, self.layout).count() if has_lists else manifest.rows - number
                yield _land(self.run, manifest.delivery, staged, rows)

    def _land_batch(self, changes: Iterator[tuple[Change, list[bytes]]]) -> Manifest:
        before = self.deliveries()
        number = int(before[-1].key.rpartition("-")[2]) + 1 if before else 1
        # A run of an earlier day has what there is now, too: it must not be older than what was landed before it.
        day = max([self.run.business_date, *(one.logical_date for one in before)])
        delivery = Delivery(self.dataset, f"{self.name}-{number:06d}", day, f"{self.name}.jsonl", self.origin)
        rows, mark = 0, None
        with staged_file(self.run.landing, delivery) as staged:
            with staged.open("wb") as out:
                for change, lines in changes:
                    out.writelines(lines)
                    rows, mark = rows + len(lines), change.mark
                    if rows >= self.batch_size:
                        break
            if self.layout.record_path:
                rows = data_file(staged, self.layout).count()
            parameters = {"read": {**self.read}, "cursor": self.written(mark), **_read_as(self.layout)}
            return _land(self.run, replace(delivery, parameters=parameters), staged, rows)

    def _lines_of(self, change: Change) -> tuple[Change, list[bytes]]:
        known = [self._known_as(record) for record in change.records]
        came = change.lines or [None] * len(known)
        return change, [
            line if line is not None and one is record else as_line(one)
            for one, record, line in zip(known, change.records, came, strict=True)
        ]

    @cached_property
    def _personal(self) -> Columns | None:
        return Columns.of(self.dataset, self.layout) if self.run.erased else None

    def _key_of(self, record: Record) -> bytes:
        return identity(self._known_as(record), self.key)

    def _known_as(self, record: Record) -> Record:
        """The record without an erased customer."""
        return without_erased(record, self._personal, self.layout, self.run.erased) if self._personal else record

    def _is_known(self, found: tuple[Change, list[bytes]], known: Mapping[bytes, bytes]) -> bool:
        if not known:
            return False
        change, lines = found
        return known.get(identity(self._known_as(change.records[0]), self.group)) == _digest(lines)

    def _lines(self, manifest: Manifest) -> Iterator[bytes]:
        with manifest.data_file(self.run.landing).open("rb") as stream:
            yield from stream

    def _keys_by_delivery(self) -> Iterator[tuple[Manifest, pa.Array]]:
        for manifest in self.deliveries():
            keys = (identity(msgspec.json.decode(line), self.key) for line in self._lines(manifest))
            yield manifest, pa.array(keys, pa.binary())


def _newest_attempts(landing: Path, dataset: str) -> list[Manifest]:
    """The newest attempt of every key, in the order of the keys."""
    folder = landing / dataset
    keys = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [one for key in keys if (one := latest(landing, dataset, key))]


def _read_as(layout: Layout) -> dict[str, Any]:
    """What a manifest says of how its rows can be read."""
    said = layout.model_dump(mode="json", include=READ_AS, exclude_none=True)
    return said if layout.fold_id_case else {name: value for name, value in said.items() if name != "fold_id_case"}


def _land(run: Run, delivery: Delivery, staged: Path, rows: int) -> Manifest:
    return land(run.landing, delivery, staged, rows=rows, extracted_at=run.extracted_at, code_version=run.code_version)


def without_erased(record: Record, personal: Columns, layout: Layout, erased: Erased) -> Record:
    """The record, or the rows in its lists, without an erased customer; itself where it names none."""
    body = {**record}
    asked = [(personal.redacted(one, erased), put) for one, put in expanded(body, layout.record_path)]
    redacted = [(new, put) for new, put in asked if isinstance(new, dict)]
    for new, put in redacted:
        put(new)
    if redacted and not layout.record_path:
        return redacted[0][0]
    return body if redacted else record


def as_line(record: Record) -> bytes:
    """A record of JSON Lines."""
    return msgspec.json.encode(record) + b"\n"


def identity(record: Record, names: Sequence[str]) -> bytes:
    """What tells a record apart, as JSON."""
    return msgspec.json.encode([at(record, name) for name in names])


def at(value: Any, path: str) -> Any:
    """The value of a field, or of one within another by its path; None where there is none."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _groups(lines: Iterable[bytes], group: Sequence[str]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Lines that follow each other and are of one group."""
    current = b""
    found: list[bytes] = []
    for line in lines:
        name = identity(msgspec.json.decode(line), group)
        if name != current and found:
            yield current, found
            found = []
        current = name
        found.append(line)
    if found:
        yield current, found


def _digest(lines: Iterable[bytes]) -> bytes:
    return hashlib.blake2b(b"".join(lines), digest_size=16).digest()


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of a size, the last one shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
