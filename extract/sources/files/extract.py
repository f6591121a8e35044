"""A shop's own files to landing, as delivered."""

from __future__ import annotations

import glob
import logging
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from contracts.block import VARIABLE
from contracts.client_file import Client, Dataset
from contracts.data_file import FormatError, data_file
from contracts.deliveries import Delivery, Manifest
from contracts.paths import ClientPaths
from contracts.warning import Kind
from extract.errors import ExtractError
from extract.sources.files import FileSource
from extract.sources.files.deliver import Match, keep_apart, removed
from privacy.erased import Erased
from privacy.redaction import redact
from storage.durable import sha256_of
from storage.landing import attempts, land, staged_file, withdrawn

if TYPE_CHECKING:
    from extract.sources.files.remote import RemoteFile

logger = logging.getLogger(__name__)

# What a delivery has to say of itself, so that it can be read when the client file says something else.
READ_AS = (
    *("format", "encoding", "delimiter", "escape", "header_line", "sheet", "records"),
    *("columns", "where", "fill_down", "unpivot", "split", "fold_id_case"),
)
NOT_READING = ("name", "modified", "version", "fold_id_case")  # of the parameters
UNSAID = {"encoding": "utf-8", "delimiter": ","}  # what older manifests have where nothing was said
SHOWN = 3
SETTLED = timedelta(minutes=1)  # clocks of servers differ
MAGIC = re.compile(r"[*?[]")


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands the files that the client file names, one delivery each, byte for byte.

    The key is the file's place below the part of ``path`` without wildcards, so a file corrected under its name is
    the next attempt and files of one name in two folders stay apart. Where other content is what a thing is from then
    on (customers, products), or what has changed, the key has the business date in it, too. A file with the bytes of
    the one whose name comes before is no delivery of its own. Raises ExtractError when paths name no file, before
    anything is landed, and for all files that cannot be read as the client file says, once the others are landed.
    """
    findings: list[str] = []
    matches: list[list[Match]] = []
    with ExitStack() as opened:
        for dataset, source in client.sources.items():
            if isinstance(source, FileSource):
                find = partial(_remote, opened) if source.is_remote else _matches
                try:
                    matches.append(find(client, dataset, source))
                except ExtractError as error:
                    findings += error.args
        if findings:
            raise ExtractError(*findings)
        run = _Run(paths.landing, business_date, extracted_at, code_version, Erased.of(paths), findings)
        landed = [manifest for files in matches for manifest in run.land_all(files)]
    if findings:
        raise ExtractError(*findings)
    return landed


def _remote(opened: ExitStack, client: Client, dataset: Dataset, source: FileSource) -> list[Match]:
    """The files of a server, which are fetched as they are read, and dropped in the end."""
    from extract.sources.files.remote import listing  # noqa: PLC0415 clients of servers, which most files need not

    folder = Path(opened.enter_context(TemporaryDirectory()))
    place = f"sources.{dataset} of client {client.client}"
    listed = opened.enter_context(listing(source, place))
    if not listed:
        raise ExtractError(
            f"{place}: {source.path} names no file; expected at least one. Check path: and the right to list."
        )

    def fetched(number: int, file: RemoteFile) -> Path:
        target = folder / f"{number}-{Path(file.name).name}"
        logger.info("fetching %s", file.place)
        file.fetch(target)
        return target

    return [
        Match(dataset, source, one.place, one.name, partial(fetched, number, one), one.version, one.modified)
        for number, one in enumerate(listed)
    ]


def _matches(client: Client, dataset: Dataset, source: FileSource) -> list[Match]:
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
        _check_links([pattern], pattern.parent, place)
        return [Match.here(dataset, source, pattern, pattern.name)]
    found = sorted(glob.glob(str(pattern), recursive=True))  # noqa: PTH207 Path.glob finds hidden files, uploads in progress
    files = [path for path in map(Path, found) if path.is_file()]
    if not files:
        raise ExtractError(
            f"{place} is {pattern}, and no file is there; expected at least one. Check the path (a relative "
            "one counts from the folder of the client file) and that it is mounted."
        )
    fixed = Path(*takewhile(lambda part: not MAGIC.search(part), pattern.parts))
    _check_links(files, fixed, place)
    return [Match.here(dataset, source, path, path.relative_to(fixed).as_posix()) for path in files]


def _check_links(files: Iterable[Path], folder: Path, place: str) -> None:
    """Raise ExtractError for links that lead out of the folder: who may put files there could have any file read."""
    outside = [path for path in files if not path.resolve().is_relative_to(folder.resolve())]
    if outside:
        raise ExtractError(
            f"{place}: {outside[0]} is a link to a file outside of {folder}, and was not read; expected a file in it. "
            "Copy the file there, or name the place where it lies in path:."
        )


@dataclass(frozen=True)
class _Run:
    """One call: where to, and what all deliveries of it have."""

    landing: Path
    business_date: date
    extracted_at: datetime
    code_version: str
    erased: Erased
    findings: list[str]
    """What is wrong with files that cannot be delivered."""

    def land_all(self, files: Sequence[Match]) -> list[Manifest]:
        """Land the files of one source; a warning about one that is not delivered is with the file before."""
        landed: list[Manifest] = []
        before: Match | None = None
        gone = withdrawn(self.landing)
        for match in sorted(files, key=lambda match: match.order):
            if gone and (match.dataset, match.sha256) in gone:
                logger.info("%s was withdrawn, and is not delivered again", match.place)
                continue
            if before is not None and self._is_copy(match, before):
                landed[-1] = _warned(
                    landed[-1],
                    Kind.SAME_FILE,
                    f"{match.place} has the bytes of {before.place} and is the same delivery: it counts once",
                )
                continue
            try:
                landed.append(self._land(match))
            except ExtractError as error:
                self.findings.extend(error.args)
                continue
            before = match
        source, dataset = files[0].source, files[0].dataset
        missing = removed(source, dataset, self.landing, {one.place for one in files})
        if missing and landed:
            named = ", ".join(f"{one.parameters['path']} ({one.delivery_id})" for one in missing[:SHOWN])
            what = "1 file was" if len(missing) == 1 else f"{len(missing):,} files were"
            landed[0] = _warned(
                landed[0],
                Kind.REMOVED_FILE,
                f"{what} delivered from {source.path} and removed since, for example {named}; the rows stay until "
                f"sales withdraw takes the delivery out",
            )
        return landed

    def _is_copy(self, match: Match, before: Match) -> bool:
        """Whether a file that was never delivered has the bytes that the one before it has, or had."""
        if match.newest(self.landing) is not None:
            return False
        if before.version is None and match.sha256 == before.sha256:
            return True
        newest = before.newest(self.landing)
        known = attempts(self.landing, newest.dataset, newest.key) if newest else []
        return any(one.is_of(match.sha256) for one in known)

    def _land(self, match: Match) -> Manifest:
        if match.source.contents == "changes":
            keep_apart(match, self.landing)
        elif parts := match.delivered_as_changes(self.landing):
            raise ExtractError(
                f"{match.place} was delivered as contents: changes ({', '.join(parts[:SHOWN])}), which sources."
                f"{match.dataset} says no more: those parts would count beside the file. Say contents: changes; or, "
                f"where the file has everything, delete {self.landing / match.dataset}/{match.key}-* and run extract "
                "and load --full-refresh."
            )
        source, parameters = match.source, _parameters(match)
        newest = match.newest(self.landing)
        if newest and _is_of_version(newest, match) and _reading(newest.parameters) == _reading(parameters):
            logger.info("%s is of the version that was delivered before: %s", match.place, newest.delivery_id)
            return newest
        path = match.path
        before = path.stat()
        same = newest if newest and newest.is_of(match.sha256) else None
        if same and _reading(same.parameters) == _reading(parameters):
            logger.info("%s is as delivered before: %s", match.place, same.delivery_id)
            return same
        key = same.key if same else match.new_key(self.landing, self.business_date)
        delivery = Delivery(match.dataset, key, self.business_date, match.key, "file", parameters)
        with staged_file(self.landing, delivery) as staged:
            logger.info("copying %s, %s bytes", match.place, f"{before.st_size:,}")
            shutil.copyfile(path, staged)
            after = path.stat()
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise ExtractError(f"{path} changed while it was copied, expected a finished file. Run the step again.")
            try:
                rows = data_file(staged, source).check()
            except FormatError as error:
                raise ExtractError(f"{match.place} (sources.{match.dataset}) {error}") from error
            is_redacted = redact(staged, match.dataset, source, self.erased)
            if is_redacted and newest and newest.is_of(sha256_of(staged)):
                logger.info("%s is as delivered before but for erased customers: %s", match.place, newest.delivery_id)
                return newest
            return land(
                self.landing,
                delivery,
                staged,
                rows=rows,
                extracted_at=self.extracted_at,
                code_version=self.code_version,
            )


def _parameters(match: Match) -> dict[str, Any]:
    """What the manifest says of where the file was and how it is read."""
    # How a workbook shows a cell of a date.
    include = {*READ_AS, "date_format"} if match.source.format == "excel" else {*READ_AS}
    read_as = match.source.model_dump(mode="json", include=include, exclude_defaults=True)
    version = {"version": match.version} if match.version else {}
    return {"path": match.place, "name": match.name, "modified": match.modified, **version, **read_as}


def _is_of_version(manifest: Manifest, match: Match) -> bool:
    """Whether a delivery has the content that is there, by what the server says.

    A moment of whole seconds tells two contents apart only when the file was fetched a while after it was written.
    """
    if match.version is None or manifest.parameters.get("version") != match.version:
        return False
    return match.modified_at is None or manifest.extracted_at - match.modified_at > SETTLED


def _reading(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return UNSAID | {name: value for name, value in parameters.items() if name not in NOT_READING}


def _warned(manifest: Manifest, kind: Kind, text: str) -> Manifest:
    return replace(manifest, warnings=(*manifest.warnings, kind.warning(text)))
