"""Rows of a landed file as a person repaired them, delivered once more: the next attempt of the same delivery."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.deliveries import Manifest
from contracts.layout import Layout, landed_layout
from contracts.paths import ClientPaths
from extract.erased import Erased
from extract.redaction import OWN_LAYOUT, redact
from extract.rewriting import text_reader, text_writer
from storage.durable import sha256_of
from storage.landing import check_file, land, latest, staged_file

BLANKS = " \t\r\n\v\f"


class RepairError(Exception):
    """A repaired row does not fit the delivery that it is of; the message says which and why."""


@dataclass(frozen=True)
class Repair:
    """One record as it was delivered and as it should have been, as values of JSON; a text where it is none."""

    before: Any
    after: Any

    @property
    def changed(self) -> Mapping[str, Any]:
        """The fields of the repaired record that are not as delivered."""
        before = self.before if isinstance(self.before, dict) else {}
        return {name: value for name, value in self.after.items() if name not in before or before[name] != value}


# By line of CSV and JSON Lines (there blank ones are not counted), element of a JSON list, row of Parquet.
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
        except (RepairError, UnicodeEncodeError, pa.ArrowException) as error:
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


def _rewrite(path: Path, source: Layout, repairs: Repairs) -> None:
    rewritten = path.with_name(f".{path.name}")
    if source.format == "parquet":
        _parquet(path, rewritten, repairs)
    else:
        rewrite: Callable[..., Iterator[str]] = {"csv": _csv, "json": _json, "jsonl": _json_lines}[source.format]
        with text_reader(path, source) as lines, text_writer(rewritten, source) as out:
            out.writelines(rewrite(lines, source, repairs))
    rewritten.replace(path)


def _json_lines(lines: Iterator[str], source: Layout, repairs: Repairs) -> Iterator[str]:  # noqa: ARG001 as the others
    number = 0
    for line in lines:
        is_blank = not line.strip(BLANKS)
        number += not is_blank
        repair = None if is_blank else repairs.get(number)
        yield line if repair is None else _as_json(repair.after) + _line_end(line)


def _json(lines: Any, source: Layout, repairs: Repairs) -> Iterator[str]:  # noqa: ARG001 as the others
    records = [
        repairs[number].after if number in repairs else record for number, record in enumerate(json.load(lines), 1)
    ]
    yield json.dumps(records, ensure_ascii=False)


def _csv(lines: Iterator[str], source: Layout, repairs: Repairs) -> Iterator[str]:
    """Go by the lines that each record was read from, so that all others stay as they are."""
    read: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            read.append(line)
            yield line

    records = csv.reader(noted(), delimiter=source.delimiter, strict=True)
    header = next(records, [])
    yield "".join(read)
    read.clear()
    for record in records:
        text = "".join(read)
        read.clear()
        repair = repairs.get(records.line_num)
        if repair is None:
            yield text
            continue
        written = StringIO()
        writer = csv.writer(written, delimiter=source.delimiter, lineterminator=_line_end(text))
        writer.writerow(_fields(header, record, repair, records.line_num))
        yield written.getvalue()


def _fields(header: Sequence[str], record: Sequence[str], repair: Repair, line: int) -> list[str]:
    if isinstance(repair.after, list):
        return [_as_text(value) for value in repair.after]
    if not isinstance(repair.after, dict):
        raise RepairError(f"line {line} is {repair.after!r}; expected its fields by the names of the header")
    if unknown := sorted(repair.changed.keys() - {*header}):
        raise RepairError(f"line {line} has {', '.join(unknown)}; expected columns of the file: {', '.join(header)}")
    fields = [*record] if len(record) == len(header) else [""] * len(header)
    for name, value in repair.changed.items():
        fields[header.index(name)] = _as_text(value)
    return fields


def _parquet(path: Path, target: Path, repairs: Repairs) -> None:
    first = 1
    with pq.ParquetFile(path) as file, pq.ParquetWriter(target, file.schema_arrow) as writer:
        for batch in file.iter_batches():
            repaired = batch
            for row, repair in repairs.items():
                if first <= row < first + len(batch):
                    repaired = _with_row(repaired, row - first, repair, row)
            writer.write_batch(repaired)
            first += len(batch)


def _with_row(batch: pa.RecordBatch, position: int, repair: Repair, row: int) -> pa.RecordBatch:
    if not isinstance(repair.after, dict):
        raise RepairError(f"row {row} is {repair.after!r}; expected its fields by the names of the columns")
    for name, value in repair.changed.items():
        index = batch.schema.get_field_index(name)
        if index < 0:
            raise RepairError(f"row {row} has {name}; expected columns of the file: {', '.join(batch.schema.names)}")
        column = batch.column(index)
        new = pa.array([None if value is None else _as_text(value)]).cast(column.type)
        parts = [column.slice(0, position), new, column.slice(position + 1)]
        batch = batch.set_column(index, batch.schema.field(index), pa.concat_arrays(parts))
    return batch


def _as_json(record: Any) -> str:
    """A record on one line; what was no JSON may be a text again."""
    if isinstance(record, str):
        return record.replace("\r", " ").replace("\n", " ")
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _line_end(text: str) -> str:
    """How the line ended; one at the end of a file may not."""
    return text[len(text.rstrip("\r\n")) :]
