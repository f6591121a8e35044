"""`sales quarantine --to` and `sales replay`: bad rows written out for a person to repair, and delivered once more."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.environment import Environment
from contracts.json_text import read_json
from contracts.layout import landed_layout
from extract.repair import Repair, RepairError, deliver_repaired
from load.rejected_rows import delivered_records, rejected_rows
from pipeline.run import Run
from pipeline.steps import do
from storage.landing import deliveries

FIELDS = ("delivery", "line", "reason", "record")


def write_out(client_name: str | None, file: Path) -> str:
    """Write every bad row to a new file, a JSON object a line, readable for its owner only.

    A record is an object where the delivered one was read as one, else its text. Raises RepairError when the file is
    there already: it may be half repaired.
    """
    environment = Environment.from_process(client_name)
    rows = rejected_rows(environment.client(), environment.paths())
    if not rows:
        return "No row is to be repaired."
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise RepairError(f"{file} is there already; expected a new file. Name another one, or remove it.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        for row in rows:
            values = (row.delivery_id, row.line, row.reason, _parsed(row.text))
            out.write(json.dumps(dict(zip(FIELDS, values, strict=True)), ensure_ascii=False) + "\n")
    same = f" --client {client_name}" if client_name else ""
    return f'{len(rows):,} rows written to {file}\nNext: repair their "record" there, then sales replay {file}{same}'


def replay(run: Run, file: Path) -> Iterator[str]:
    """Deliver the repaired rows of the file in their places and load them, a line for each thing done.

    Rows left as they were, and rows taken out of the file, stay as delivered. Repeated, it changes nothing. Raises
    RepairError when a row cannot be put back, LoadError when load refuses what comes of it.
    """
    landed = {manifest.delivery_id: manifest for manifest in deliveries(run.paths.landing)}
    repaired = 0
    rows = _rows(file)
    for delivery_id, records in rows.items():
        manifest = landed.get(delivery_id)
        if manifest is None:
            raise RepairError(
                f"{file} has rows of {delivery_id}, which {run.paths.landing} does not have; expected the deliveries "
                "of this client. Write the rows out again."
            )
        layout = landed_layout(manifest.parameters)
        if layout and layout.has_shape:
            raise RepairError(
                f"rows of {delivery_id} are made of parts of its records (fill_down, unpivot, split or sums of "
                f"sources.{manifest.dataset}), which cannot be put back; correct the file itself and run again."
            )
        before = delivered_records(run.client, run.paths, manifest, records)
        if beyond := sorted(records.keys() - before.keys()):
            raise RepairError(
                f"{file} has line {beyond[0]} of {delivery_id}; expected one of its {manifest.rows:,} rows."
            )
        repairs = {line: Repair(_parsed(before[line]), record) for line, record in records.items()}
        repairs = {line: repair for line, repair in repairs.items() if repair.after != repair.before}
        if repairs:
            now, version = run.environment.now(), run.environment.code_version
            delivered = deliver_repaired(run.paths, manifest, repairs, extracted_at=now, code_version=version)
            yield f"{delivered.delivery_id}: {len(repairs):,} of {len(records):,} rows repaired"
        repaired += len(repairs)
    if not repaired:
        raise RepairError(
            f'every row in {file} is as it was delivered; expected repaired ones. Correct their "record" and run the '
            "command again."
        )
    yield do(run, "load")


def _rows(file: Path) -> dict[str, dict[int, Any]]:
    """The records of the file by delivery and line."""
    rows: dict[str, dict[int, Any]] = defaultdict(dict)
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise RepairError(f"{file} is not UTF-8; expected what sales quarantine --to writes. Save it so.") from error
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
            delivery_id, line, record = str(row["delivery"]), int(row["line"]), row["record"]
            line.to_bytes(8, signed=True)  # of a file that has so many lines
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise RepairError(
                f"line {number} of {file} is no row ({type(error).__name__}: {error}); expected a JSON object with "
                f"{', '.join(FIELDS)}, as sales quarantine --to writes it. Fix the line."
            ) from error
        if line in rows[delivery_id]:
            raise RepairError(
                f"line {number} of {file} is line {line} of {delivery_id} again; expected each row once. Remove one."
            )
        rows[delivery_id][line] = record
    return rows


def _parsed(text: str) -> Any:
    """The record for a person to read and change: its fields where it has any, else its text."""
    try:
        record = read_json(text)
    except ValueError:
        return text
    return record if isinstance(record, dict | list) else text
