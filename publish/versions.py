"""The kept versions of the published file, and the switch from one to another.

``published/versions/<number>.duckdb`` is immutable and exists once ``<number>.json`` beside it does, which is written
last. ``published/sales_analytics.duckdb`` is a copy of one of them: which one, its bytes say, so there is no pointer
that could disagree with it. Names that begin with a dot are unfinished work of a run that was killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from contracts.paths import ClientPaths
from publish.errors import PublishError
from storage.durable import copy, move, sha256_of, sync, write_text

READ_ONLY = 0o444


@dataclass(frozen=True)
class Publication:
    """One version: where its data came from, how it was tested, and the SHA-256 that identifies its file.

    ``previous`` is the version that readers saw before it; ``published_at`` is in UTC.
    """

    number: int
    previous: int | None
    client: str
    run_id: str
    data_through: date
    published_at: datetime
    code_version: str
    row_counts: Mapping[str, int]
    tests_passed: int
    tests_warned: int
    warnings: tuple[str, ...]
    data_fingerprint: str
    bytes: int = 0
    sha256: str = ""


def versions_folder(paths: ClientPaths) -> Path:
    """Where the versions are kept."""
    return paths.published / "versions"


def version_file(paths: ClientPaths, number: int) -> Path:
    """The file of one version."""
    return versions_folder(paths) / f"{number:06d}.duckdb"


def kept_versions(paths: ClientPaths) -> list[Publication]:
    """Every version on disk, oldest first."""
    return [_read(path) for path in sorted(versions_folder(paths).glob("[0-9]*.json"))]


def current_version(paths: ClientPaths) -> Publication | None:
    """The version whose bytes readers see; None when nothing is published or the file was altered."""
    if not paths.published_file.is_file():
        return None
    candidates = [kept for kept in kept_versions(paths) if kept.bytes == paths.published_file.stat().st_size]
    sha256 = sha256_of(paths.published_file) if candidates else ""
    return next((kept for kept in candidates if kept.sha256 == sha256), None)


def claimed_version(paths: ClientPaths) -> Publication | None:
    """The kept version that the published file says it is: quick, as it takes the file's word for it."""
    try:
        with duckdb.connect(paths.published_file, read_only=True) as connection:
            number = connection.execute("select version from _meta").fetchall()[0][0]
    except duckdb.Error:
        return None
    return next((kept for kept in kept_versions(paths) if kept.number == number), None)


def add(paths: ClientPaths, built: Path, version: Publication) -> None:
    """Keep a finished file, by moving it, as the version and let readers see it; unless they do, no trace of it stays.

    Or a disk that is full would get fuller with every try.
    """
    target = version_file(paths, version.number)
    try:
        unfinished = _unfinished(target)
        move(built, unfinished)
        _finish(unfinished, target)
        write_text(target.with_suffix(".json"), json.dumps(asdict(version), default=str, indent=2) + "\n")
        _show(paths, target)
    except BaseException:
        if current_version(paths) != version:
            _discard(paths, version.number)
        clear_unfinished(paths)
        raise


def switch_to(paths: ClientPaths, version: Publication) -> None:
    """Let readers see this version, in one step.

    Raises PublishError when the kept file is not what was published under this number.
    """
    kept = version_file(paths, version.number)
    if sha256_of(kept) != version.sha256:
        raise PublishError(
            f"{kept} was altered after it was published as version {version.number}",
            expected=f"{version.bytes} bytes with SHA-256 {version.sha256[:12]}",
            next_step="Delete it and the .json beside it, and run `sales publish`.",
        )
    _show(paths, kept)


def drop_old(paths: ClientPaths, newest: Publication, count: int) -> None:
    """Keep what readers saw last: the newest version and its predecessors, ``count`` in all.

    A version that was rolled back from is nobody's predecessor and goes too.
    """
    kept = {version.number: version for version in kept_versions(paths)}
    chain: list[int] = []
    number: int | None = newest.number
    while number in kept and len(chain) < count:
        chain.append(number)
        number = kept[number].previous
    for number in kept.keys() - set(chain):
        _discard(paths, number)


def clear_unfinished(paths: ClientPaths) -> None:
    """Remove what killed runs left: dot files, and version files without their .json."""
    versions = versions_folder(paths)
    versions.mkdir(parents=True, exist_ok=True)
    orphans = [path for path in versions.glob("[0-9]*.duckdb") if not path.with_suffix(".json").exists()]
    half_switched = paths.published.glob(f".{paths.published_file.name}*")
    for path in [*half_switched, *versions.glob(".*"), *orphans]:
        path.unlink()


def _read(path: Path) -> Publication:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return Publication(
            **{
                **body,
                "data_through": date.fromisoformat(body["data_through"]),
                "published_at": datetime.fromisoformat(body["published_at"]),
                "warnings": tuple(body["warnings"]),
            }
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PublishError(
            f"{path} is not readable ({type(error).__name__}: {error})",
            expected="the JSON that publish wrote",
            next_step="Delete it and the .duckdb file beside it; the published file does not need them.",
        ) from error


def _discard(paths: ClientPaths, number: int) -> None:
    """The .json first: a version without it does not exist."""
    version_file(paths, number).with_suffix(".json").unlink(missing_ok=True)
    version_file(paths, number).unlink(missing_ok=True)


def _show(paths: ClientPaths, kept: Path) -> None:
    """A copy, not a link: whoever may change the published file must not be able to change the kept one with it."""
    unfinished = _unfinished(paths.published_file)
    copy(kept, unfinished)
    _finish(unfinished, paths.published_file)


def _unfinished(target: Path) -> Path:
    path = target.with_name(f".{target.name}")
    path.unlink(missing_ok=True)
    return path


def _finish(unfinished: Path, target: Path) -> None:
    unfinished.chmod(READ_ONLY)
    sync(unfinished)
    unfinished.replace(target)
    sync(target.parent)
