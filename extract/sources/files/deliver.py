"""Which delivery a file is: the next attempt of its key, one of its own, or none, as the bytes are there already."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from contracts.datasets import DATASETS
from contracts.deliveries import MANIFEST, Manifest, safe_name
from contracts.file_order import sorting_text
from extract.sources.files import FileSource
from storage.durable import sha256_of
from storage.landing import attempts, check_file, land, latest, staged_file

DATED = r"-\d{4}-\d\d-\d\d(_\d\d)?"


@dataclass(frozen=True)
class Match:
    """One file of a source; ``name`` is its place below the part of the path without wildcards.

    Of a file on a server ``place`` is its address, and ``version`` what the server says of its content, where that can
    be believed; it is fetched when somebody reads it.
    """

    dataset: str
    source: FileSource
    place: str
    name: str
    fetched: Callable[[], Path]
    version: str | None = None
    modified_at: datetime | None = None

    @classmethod
    def here(cls, dataset: str, source: FileSource, path: Path, name: str) -> Match:
        """A file of this machine."""
        return cls(dataset, source, str(path), name, lambda: path)

    @cached_property
    def path(self) -> Path:
        """Where it can be read."""
        return self.fetched()

    @property
    def key(self) -> str:
        """What its deliveries are named after."""
        return safe_name(self.name)

    @property
    def is_dated(self) -> bool:
        """Whether each content is a delivery of its own: it says how things are from then on, or what has changed."""
        return DATASETS[self.dataset].is_snapshot or self.source.contents == "changes"

    @cached_property
    def sha256(self) -> str:
        """Of its bytes."""
        return sha256_of(self.path)

    @cached_property
    def modified(self) -> str:
        """When it was last written."""
        written = self.modified_at or datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        return written.astimezone(UTC).isoformat(timespec="microseconds")

    @property
    def order(self) -> tuple[str, str]:
        """Sorts the files of a source, the newest last."""
        by = self.modified if self.source.newest == "modified" else sorting_text(self.name)
        return by, self.name

    def newest(self, landing: Path) -> Manifest | None:
        """The newest delivery of the file, under whichever date."""
        return max(self._delivered(landing), key=lambda one: (one.logical_date, one.key, one.attempt), default=None)

    def _delivered(self, landing: Path) -> Iterator[Manifest]:
        wanted = re.compile(re.escape(self.key) + (f"({DATED})?" if self.is_dated else ""))
        for folder in (landing / self.dataset).glob(f"{self.key}*"):
            if wanted.fullmatch(folder.name) and (found := latest(landing, self.dataset, folder.name)):
                yield found

    def delivered_as_changes(self, landing: Path) -> list[str]:
        """The keys of its contents from when each was a delivery of its own; none where each still is one."""
        if self.is_dated:
            return []
        folders = (landing / self.dataset).glob(f"{self.key}-*")
        return sorted(one.name for one in folders if re.fullmatch(re.escape(self.key) + DATED, one.name))

    def new_key(self, landing: Path, day: date) -> str:
        """The key of other content than was delivered before."""
        if not self.is_dated:
            return self.key
        dated = f"{self.key}-{day}"
        if DATASETS[self.dataset].is_snapshot:
            return dated
        taken = len([*(landing / self.dataset).glob(f"{dated}*")])
        return f"{dated}_{taken + 1:02d}" if taken else dated


def keep_apart(match: Match, landing: Path) -> None:
    """Give every attempt after the first a key of its own, as of a file of changes none takes the place of another.

    A repair stays with what it repairs. Repeated after it was killed, it goes on where it was.
    """
    shas: set[str] = set()
    groups: list[list[Manifest]] = []
    for one in attempts(landing, match.dataset, match.key):
        if one.repaired_from not in shas:
            groups.append([])
        groups[-1].append(one)
        shas.add(one.sha256)
    for group in groups[1:]:
        newest = group[-1]
        key = _key_of(match, landing, newest)
        delivery = replace(newest.delivery, key=key)
        with staged_file(landing, delivery) as staged:
            shutil.copyfile(check_file(landing, newest), staged)
            land(
                landing,
                delivery,
                staged,
                rows=newest.rows,
                extracted_at=newest.extracted_at,
                code_version=newest.code_version,
            )
        for one in group:
            folder = one.data_file(landing).parent
            (folder / MANIFEST).unlink()  # first: without it the delivery does not exist
            shutil.rmtree(folder)


def _key_of(match: Match, landing: Path, manifest: Manifest) -> str:
    """A new key, or that which it was given before it was killed."""
    found = (landing / match.dataset).glob(f"{match.key}-{manifest.logical_date}*")
    known = (latest(landing, match.dataset, folder.name) for folder in found)
    same = next((one.key for one in known if one and one.is_of(manifest.sha256)), None)
    return same or match.new_key(landing, manifest.logical_date)


def removed(source: FileSource, dataset: str, landing: Path, listed: Collection[str]) -> list[Manifest]:
    """The newest deliveries of files that the source names and that are no longer there; on a server, not listed."""

    def is_there(path: str) -> bool:
        return path in listed or (not source.is_remote and Path(path).exists())

    newest = (latest(landing, dataset, folder.name) for folder in sorted((landing / dataset).glob("*/")))
    paths = {str(one.parameters["path"]): one for one in newest if one and "path" in one.parameters}
    return [one for path, one in paths.items() if fnmatchcase(path, source.path) and not is_there(path)]
