"""Rows of a landed file as a person repaired them, delivered once more: the next attempt of the same delivery."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from contracts.data_file import FormatError, data_file
from contracts.deliveries import Manifest
from contracts.layout import OWN_LAYOUT, Layout, landed_layout
from contracts.paths import ClientPaths
from contracts.printable import SafeError
from privacy.erased import Erased
from privacy.redaction import redact
from storage.durable import sha256_of
from storage.landing import check_file, land, latest, staged_file


class RepairError(SafeError):
    """A repaired row does not fit the delivery that it is of; the message says which and why."""


@dataclass(frozen=True)
class Repair:
    """One record as it was delivered and as it should have been, as values of JSON; a text where it is none."""

    before: Any
    after: Any

    def of(self, record: Any) -> Any:
        """The record of the file as it should have been: what nobody changed has the value that it has there."""
        if not (isinstance(self.before, dict) and isinstance(self.after, dict)):
            return self.after
        same = {name for name, value in self.after.items() if name in self.before and self.before[name] == value}
        known = {name: value for name, value in self.after.items() if name not in same or name in record}
        return {name: record[name] if name in same else value for name, value in known.items()}


# By the number of the record.
Repairs = Mapping[int, Repair]


def deliver_repaired(
    paths: ClientPaths, manifest: Manifest, repairs: Repairs, *, extracted_at: datetime, code_version: str
) -> Manifest:
    """Land the delivery with the repaired rows in their places, and return it; what nobody repaired keeps its bytes.

    Until the source delivers other bytes than it did, extract takes the repaired delivery for what it has. Repeated, it
    lands nothing. Raises RepairError when a row does not fit the file, or when the delivery was replaced meanwhile.
    """
    newest = latest(paths.landing, manifest.dataset, manifest.key)
    delivery = replace(manifest.delivery, repaired_from=manifest.repaired_from or manifest.sha256)
    source = landed_layout(manifest.parameters)
    with staged_file(paths.landing, delivery) as staged:
        shutil.copyfile(check_file(paths.landing, manifest), staged)
        try:
            _rewrite(staged, source or OWN_LAYOUT, repairs)
        except (FormatError, UnicodeEncodeError, pa.ArrowException) as error:
            raise RepairError(f"{manifest.delivery_id}: {error}. Correct the row and replay again.") from error
        redact(staged, manifest.dataset, source, Erased.of(paths))
        if newest is not None and newest != manifest and newest.sha256 != sha256_of(staged):
            raise RepairError(
                f"{manifest.delivery_id} was replaced by {newest.delivery_id} after its rows were written out; "
                "expected rows of the newest one. Write them out again."
            )
        return land(
            paths.landing, delivery, staged, rows=manifest.rows, extracted_at=extracted_at, code_version=code_version
        )


def _rewrite(path: Path, layout: Layout, repairs: Repairs) -> None:
    rewritten = path.with_name(f".{path.name}")
    data_file(path, layout).rewrite(
        rewritten, lambda number, record: repairs[number].of(record) if number in repairs else None, {}
    )
    rewritten.replace(path)
