"""Erased customers taken out of a delivered file: their records stay, so that totals do, but say nothing of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.layout import Layout
from extract.erased import Erased
from extract.rewriting import text_reader, text_writer

CUSTOMER = "customer_id"
# Not personal without the rest: sales by country, segment and cohort keep their totals.
KEPT_OF_CUSTOMER = frozenset({"country", "segment", "signup_at"})
PERSONAL = frozenset({"first_name", "last_name", "email", "phone", "street", "city", "postal_code"})
OWN_LAYOUT = Layout(format="jsonl", columns={CUSTOMER: CUSTOMER})

# The record and what stands for what is taken out of it: the record without its erased customer, or None.
Redacted = Callable[[Mapping[str, Any], Any], dict[str, Any] | None]


@dataclass(frozen=True)
class Columns:
    """By the file's own names: the customer's id, and what stays of an erased customer's record; None: all of it."""

    customer: str
    kept: frozenset[str] | None

    @classmethod
    def of(cls, dataset: str, source: Layout | None) -> Columns | None:
        """The columns of a delivery of the dataset; None when its records name no customer.

        In a shop's own file a column that nobody maps is not kept: it may hold anything.
        """
        if source is None:
            return cls(CUSTOMER, KEPT_OF_CUSTOMER if dataset == "customers" else None)
        if CUSTOMER not in source.columns:
            return None
        kept = {theirs for ours, theirs in source.columns.items() if ours not in PERSONAL}
        return cls(source.columns[CUSTOMER], frozenset(kept))

    def redacted(self, record: Mapping[str, Any], erased: Erased, blank: Any) -> dict[str, Any] | None:
        """The record without its erased customer; None when it is not about one."""
        label = erased.label(as_text(record.get(self.customer)))
        if label is None:
            return None
        kept = record.keys() if self.kept is None else self.kept
        return {name: value if name in kept else blank for name, value in record.items()} | {self.customer: label}


def redact(path: Path, dataset: str, source: Layout | None, erased: Erased) -> int:
    """Rewrite a staged file so that no record tells who an erased customer was; return how many records changed.

    ``source`` is None for JSON Lines in our own layout. The number and order of the records stay. A file in which
    nothing changes keeps its bytes.
    """
    columns = Columns.of(dataset, source)
    if columns is None or not erased:
        return 0
    source = source or OWN_LAYOUT
    rewritten = path.with_name(f".{path.name}")
    rewrite = {"csv": _csv, "json": _json, "jsonl": _json_lines, "parquet": _parquet}[source.format]
    changed = rewrite(path, rewritten, source, lambda record, blank: columns.redacted(record, erased, blank))
    if changed:
        rewritten.replace(path)
    rewritten.unlink(missing_ok=True)
    return changed


def as_text(value: Any) -> str:
    """An id as the warehouse has it: a whole float without its decimals, and no blanks around it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _json_lines(path: Path, target: Path, source: Layout, redacted: Redacted) -> int:
    changed = 0
    with text_reader(path, source) as lines, text_writer(target, source) as out:
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:  # it goes to quarantine as it is
                record = None
            new = redacted(record, None) if isinstance(record, dict) else None
            changed += new is not None
            out.write(line if new is None else json.dumps(new, ensure_ascii=False, separators=(",", ":")) + "\n")
    return changed


def _json(path: Path, target: Path, source: Layout, redacted: Redacted) -> int:
    with text_reader(path, source) as stream:
        records = json.load(stream)
    new = [redacted(record, None) for record in records]
    with text_writer(target, source) as out:
        json.dump([record or old for record, old in zip(new, records, strict=True)], out, ensure_ascii=False)
    return sum(record is not None for record in new)


def _csv(path: Path, target: Path, source: Layout, redacted: Redacted) -> int:
    changed = 0
    with text_reader(path, source) as stream, text_writer(target, source) as out:
        records = csv.reader(stream, delimiter=source.delimiter, strict=True)
        writer = csv.writer(out, delimiter=source.delimiter, lineterminator="\n")
        header = next(records, [])
        writer.writerow(header)
        for record in records:
            new = redacted(dict(zip(header, record, strict=False)), "")
            changed += new is not None
            values = record if new is None else [new.get(name, "") for name in header]
            # As many fields as it had: a record with too many is in quarantine, and stays there.
            writer.writerow([*values, *[""] * len(record)][: len(record)])
    return changed


def _parquet(path: Path, target: Path, source: Layout, redacted: Redacted) -> int:
    customer = source.columns[CUSTOMER]
    changed = 0
    with pq.ParquetFile(path) as file:
        # The id becomes text whatever it was: what stands for it is no number.
        schema = file.schema_arrow
        schema = schema.set(schema.get_field_index(customer), pa.field(customer, pa.string()))
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches():
                rows = batch.to_pylist()
                new = [redacted(row, None) for row in rows]
                changed += sum(record is not None for record in new)
                kept = [row if record is None else record for record, row in zip(new, rows, strict=True)]
                texts = [{**record, customer: as_text(record[customer]) or None} for record in kept]
                writer.write_batch(pa.RecordBatch.from_pylist(texts, schema))
    return changed
