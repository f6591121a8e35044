"""A shop's own files to landing, as delivered."""

from __future__ import annotations

import glob
import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise, takewhile
from pathlib import Path

from contracts.block import VARIABLE
from contracts.client_file import Client, Dataset
from contracts.data_file import FormatError, data_file
from contracts.datasets import DATASETS
from contracts.deliveries import Delivery, Manifest, safe_name
from contracts.paths import ClientPaths
from contracts.warning import Kind
from extract.errors import ExtractError
from extract.sources.files import FileSource
from privacy.erased import Erased
from privacy.redaction import redact
from storage.durable import sha256_of
from storage.landing import land, latest, staged_file

logger = logging.getLogger(__name__)

MAGIC = re.compile(r"[*?[]")


@dataclass(frozen=True)
class _Match:
    """One file of a source and the name it is delivered under."""

    dataset: Dataset
    source: FileSource
    path: Path
    name: str

    @property
    def by_number(self) -> list[tuple[str, int]]:
        """The place to compare as people do: 9 before 10."""
        return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", str(self.path))]


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands the files that the client file names, one delivery each, byte for byte.

    The key is the file's place below the part of ``path`` without wildcards, so a file corrected under its name is
    the next attempt and files of one name in two folders stay apart. Customers and products have the business date
    in it too, as other content is what they are from then on. Of two files of one date the name decides which is newer;
    where it makes 10 older than 9, the delivery warns. Raises ExtractError when a path names no file, before anything
    is landed, and when a file cannot be read as its client file says.
    """
    matches = [
        match
        for dataset, source in client.sources.items()
        if isinstance(source, FileSource)
        for match in _matches(client, dataset, source)
    ]
    erased = Erased.of(paths)
    warnings = dict(_misplaced(matches, paths.landing, business_date))
    return [
        _land(match, paths.landing, business_date, extracted_at, code_version, erased, warnings.get(match.path))
        for match in matches
    ]


def _matches(client: Client, dataset: Dataset, source: FileSource) -> list[_Match]:
    place = f"sources.{dataset}.path of client {client.client}"
    if unset := VARIABLE.findall(source.path):
        raise ExtractError(
            f"{place} is {source.path}, but {unset[0]} is not set; expected the place of the {dataset} files. "
            f"Set it, for example: export {unset[0]}=/path/to/files"
        )
    pattern = Path(source.path)
    if pattern.is_dir():
        raise ExtractError(f"{place} is the folder {pattern}; expected files. Write {pattern}/*.{source.format}, say.")
    if pattern.is_file():
        return [_Match(dataset, source, pattern, safe_name(pattern.name))]
    found = sorted(glob.glob(str(pattern), recursive=True))  # noqa: PTH207 Path.glob finds hidden files, uploads in progress
    files = [path for path in map(Path, found) if path.is_file()]
    if not files:
        raise ExtractError(
            f"{place} is {pattern}, and no file is there; expected at least one. Check the path (a relative "
            "one counts from the folder of the client file) and that it is mounted."
        )
    fixed = Path(*takewhile(lambda part: not MAGIC.search(part), pattern.parts))
    return [_Match(dataset, source, path, safe_name(path.relative_to(fixed).as_posix())) for path in files]


def _misplaced(matches: list[_Match], landing: Path, business_date: date) -> Iterator[tuple[Path, str]]:
    """By file, what to say of one that counts as older than the one that it follows."""
    for earlier, later in pairwise(sorted(matches, key=lambda match: (match.dataset, match.by_number))):
        if earlier.dataset != later.dataset or earlier.name < later.name:
            continue
        landed = _newest(landing, earlier)
        if landed is None or landed.logical_date == business_date:
            warning = Kind.FILE_ORDER.warning(
                f"{later.path} counts as older than {earlier.path}: both are of {business_date}, and then the name "
                f"decides, {later.name} before {earlier.name}. A record that is in both counts as in the latter. Name "
                "files with numbers of one length, such as 09 and 10, and erase what was delivered under the old name"
            )
            yield later.path, warning


def _land(
    match: _Match,
    landing: Path,
    business_date: date,
    extracted_at: datetime,
    code_version: str,
    erased: Erased,
    warning: str | None,
) -> Manifest:
    path, source = match.path, match.source
    read_as = source.model_dump(mode="json", include={"format", "encoding", "delimiter", "columns"})
    parameters = {"path": str(path), **read_as}
    before = path.stat()
    newest = _newest(landing, match)
    same = newest if newest and newest.is_of(sha256_of(path)) else None
    if same and same.parameters == parameters:
        logger.info("%s is as delivered before: %s", path, same.delivery_id)
        return same
    key = same.key if same else _new_key(match, business_date)
    warnings = (warning,) if warning else ()
    delivery = Delivery(match.dataset, key, business_date, match.name, "file", parameters, warnings)
    with staged_file(landing, delivery) as staged:
        logger.info("copying %s, %s bytes", path, f"{before.st_size:,}")
        shutil.copyfile(path, staged)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ExtractError(f"{path} changed while it was copied, expected a finished file. Run the step again.")
        try:
            rows = data_file(staged, source).check()
        except FormatError as error:
            raise ExtractError(f"{path} (sources.{match.dataset}) {error}") from error
        if redact(staged, match.dataset, source, erased) and newest and newest.is_of(sha256_of(staged)):
            logger.info("%s is as delivered before but for erased customers: %s", path, newest.delivery_id)
            return newest
        return land(landing, delivery, staged, rows=rows, extracted_at=extracted_at, code_version=code_version)


def _new_key(match: _Match, business_date: date) -> str:
    return f"{match.name}-{business_date}" if DATASETS[match.dataset].is_snapshot else match.name


def _newest(landing: Path, match: _Match) -> Manifest | None:
    """The newest delivery of the file, under whichever date."""
    pattern = f"{match.name}-????-??-??" if DATASETS[match.dataset].is_snapshot else match.name
    keys = sorted((folder.name for folder in (landing / match.dataset).glob(pattern)), reverse=True)
    return next(filter(None, (latest(landing, match.dataset, key) for key in keys)), None)
