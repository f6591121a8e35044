"""Deliveries: one immutable data file and the manifest that makes it exist.

Layout: ``landing/<dataset>/<key>/<attempt>/<file>`` beside ``manifest.json``. The key names what the file is
about (a month, a day, a file name); a corrected delivery of a key is its next attempt. The manifest is written
last, so a folder without one is an interrupted write and does not exist.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from contracts.printable import SafeError

MANIFEST = "manifest.json"
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class LandingError(SafeError):
    """A delivery breaks the landing contract; the message names the file, the finding and the next step."""


@dataclass(frozen=True)
class Manifest:
    """What one delivery says of itself.

    ``rows`` counts source records (JSON lines, CSV records, Parquet rows), ``logical_date`` is the business day
    the delivery is complete through, in the client's time zone, and ``origin`` says where the rows came from:
    the kind of its source has it among its ``origins``. ``repaired_from`` is the SHA-256 of the bytes that the source
    delivered, where rows of them were repaired here.
    """

    dataset: str
    key: str
    attempt: int
    logical_date: date
    file: str
    rows: int
    bytes: int
    sha256: str
    origin: str
    extracted_at: datetime
    code_version: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    repaired_from: str | None = None

    @property
    def delivery_id(self) -> str:
        """The name of the delivery in the ledger: ``dataset/key/attempt``."""
        return f"{self.dataset}/{self.key}/{self.attempt:04d}"

    @property
    def delivery(self) -> Delivery:
        """What is the same when its file is landed once more."""
        return Delivery(
            self.dataset,
            self.key,
            self.logical_date,
            self.file,
            self.origin,
            self.parameters,
            self.warnings,
            self.repaired_from,
        )

    def data_file(self, landing: Path) -> Path:
        """Where the delivered file lies."""
        return landing / self.dataset / self.key / f"{self.attempt:04d}" / self.file

    def is_of(self, sha256: str) -> bool:
        """Whether bytes of this SHA-256 are the same delivery: a repair stands until the source has other ones."""
        return sha256 in (self.sha256, self.repaired_from)


@dataclass(frozen=True)
class Delivery:
    """What an extractor knows of a file it is about to land; the rest of the manifest is measured."""

    dataset: str
    key: str
    logical_date: date
    file: str
    origin: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    repaired_from: str | None = None


def safe_name(name: str) -> str:
    """A name for a folder or file that tells the original, needs no quoting anywhere and differs when that differs."""
    safe = UNSAFE.sub("_", name)[-100:]
    if safe == name:
        return name
    return f"{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:8]}-{safe}"
