"""Deliveries on the disk: landed whole and durable, read back only as they were landed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from contracts.deliveries import MANIFEST, Delivery, LandingError, Manifest
from storage.durable import sha256_of, sync, write_text

WITHDRAWN = "withdrawn.json"  # the file in landing that has what a person took out
BUSINESS_DATE = "business_date"  # the file in landing that has the newest day that an extract was run for


def _checksum(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def staged_file(landing: Path, delivery: Delivery) -> Iterator[Path]:
    """Yield a temporary path on the landing disk to write the data file to; removed again if not landed."""
    landing.mkdir(parents=True, exist_ok=True)
    folder = landing / f".staging-{delivery.dataset}-{delivery.key}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder / delivery.file
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def land(
    landing: Path, delivery: Delivery, staged: Path, *, rows: int, extracted_at: datetime, code_version: str
) -> Manifest:
    """Move a complete staged file into landing and write its manifest last; durable when it returns.

    The same bytes as the newest attempt of the key, or as those that it repairs, are the same delivery: the existing
    manifest is returned and nothing is written.
    """
    sha256 = sha256_of(staged)
    newest = latest(landing, delivery.dataset, delivery.key)
    if newest is not None and newest.is_of(sha256):
        return newest
    key_folder = landing / delivery.dataset / delivery.key
    key_folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        **{**asdict(delivery), "warnings": delivery.warnings},
        attempt=newest.attempt + 1 if newest else 1,
        rows=rows,
        bytes=staged.stat().st_size,
        sha256=sha256,
        extracted_at=extracted_at,
        code_version=code_version,
    )
    target = manifest.data_file(landing)
    shutil.rmtree(target.parent, ignore_errors=True)
    target.parent.mkdir()
    staged.chmod(0o600)
    sync(staged)
    staged.replace(target)
    body = json.loads(json.dumps(asdict(manifest), default=str))
    temporary = target.parent / f".{MANIFEST}"
    temporary.write_text(json.dumps({**body, "checksum": _checksum(body)}, indent=2, sort_keys=True) + "\n")
    sync(temporary)
    temporary.replace(target.parent / MANIFEST)
    for folder in (target.parent, key_folder, key_folder.parent, landing):
        sync(folder)
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Read and check one manifest.

    Raises LandingError when it is not JSON, lacks a field or does not match its own checksum.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        stated = body.pop("checksum")
        manifest = Manifest(
            **{
                **body,
                "logical_date": date.fromisoformat(body["logical_date"]),
                "extracted_at": datetime.fromisoformat(body["extracted_at"]),
                "warnings": tuple(body["warnings"]),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LandingError(
            f"{path} is not a readable manifest ({type(error).__name__}: {error}); "
            "expected the JSON that extract wrote. Delete its folder and extract again."
        ) from error
    if stated != _checksum(body):
        raise LandingError(
            f"{path} was changed after extract wrote it: its checksum does not match. "
            "Delete its folder and extract again."
        )
    return manifest


def check_file(landing: Path, manifest: Manifest) -> Path:
    """Return the delivered file after checking its size and SHA-256 against the manifest.

    Raises LandingError when it is missing, truncated or altered.
    """
    path = manifest.data_file(landing)
    if not path.is_file():
        raise LandingError(
            f"{path} is missing although its manifest exists; expected {manifest.bytes} bytes. "
            f"Delete the folder {path.parent} and extract again."
        )
    size = path.stat().st_size
    if size != manifest.bytes or sha256_of(path) != manifest.sha256:
        raise LandingError(
            f"{path} was altered after delivery: {size} bytes found, expected {manifest.bytes} bytes with SHA-256 "
            f"{manifest.sha256[:12]}. Delete the folder {path.parent} and extract again."
        )
    return path


def deliveries(landing: Path) -> list[Manifest]:
    """Every delivery that exists, all attempts, ordered by dataset, key and attempt."""
    found = [read_manifest(path) for path in landing.glob(f"*/*/[0-9][0-9][0-9][0-9]/{MANIFEST}")]
    return sorted(found, key=lambda manifest: (manifest.dataset, manifest.key, manifest.attempt))


def withdraw(landing: Path, manifest: Manifest) -> None:
    """Take a delivery out of landing, and note its bytes, so that the same are not delivered again."""
    noted = {"delivery": manifest.delivery_id, "dataset": manifest.dataset, "sha256": manifest.sha256}
    if manifest.repaired_from:
        noted["repaired_from"] = manifest.repaired_from
    file = landing / WITHDRAWN
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    write_text(file, json.dumps([*before, noted], indent=2) + "\n")
    folder = manifest.data_file(landing).parent
    (folder / MANIFEST).unlink()  # first: without it the delivery does not exist
    shutil.rmtree(folder)


def withdrawn(landing: Path) -> frozenset[tuple[str, str]]:
    """Dataset and SHA-256 of all that was taken out."""
    file = landing / WITHDRAWN
    noted = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return frozenset(
        (one["dataset"], one[name]) for one in noted for name in ("sha256", "repaired_from") if name in one
    )


def remember_business_date(landing: Path, day: date) -> None:
    """Note that everything through a day has landed, also where nothing was new; an earlier day changes nothing."""
    if day > (newest_business_date(landing, ()) or date.min):
        landing.mkdir(parents=True, exist_ok=True)
        write_text(landing / BUSINESS_DATE, f"{day}\n")


def newest_business_date(landing: Path, found: Iterable[Manifest]) -> date | None:
    """The newest day that everything through it has landed; by the deliveries where no extract noted it."""
    file = landing / BUSINESS_DATE
    try:
        noted = [date.fromisoformat(file.read_text(encoding="utf-8").strip())] if file.exists() else []
    except ValueError as error:
        raise LandingError(
            f"{file} holds no day; expected one such as 2026-10-31. Delete it, and run the extract again."
        ) from error
    return max([*noted, *(manifest.logical_date for manifest in found)], default=None)


def attempts(landing: Path, dataset: str, key: str) -> list[Manifest]:
    """Every attempt of one key, oldest first."""
    return [read_manifest(path) for path in sorted((landing / dataset / key).glob(f"[0-9][0-9][0-9][0-9]/{MANIFEST}"))]


def latest(landing: Path, dataset: str, key: str) -> Manifest | None:
    """The newest attempt of one key, or None when it was never delivered."""
    found = sorted((landing / dataset / key).glob(f"[0-9][0-9][0-9][0-9]/{MANIFEST}"))
    return read_manifest(found[-1]) if found else None
