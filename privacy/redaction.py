"""Erased customers taken out of a delivered file: their records stay, so that totals do, but say nothing of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.data_file import data_file
from contracts.ids import id_text
from contracts.layout import OWN_LAYOUT, Layout
from privacy.erased import Erased

CUSTOMER = "customer_id"
# Not personal without the rest: sales by country, segment and cohort keep their totals.
KEPT_OF_CUSTOMER = frozenset({"country", "segment", "signup_at"})
PERSONAL = frozenset({"first_name", "last_name", "email", "phone", "street", "city", "postal_code"})


@dataclass(frozen=True)
class Columns:
    """By the file's own names: the customer's id, and what stays of an erased customer's record; None: all of it."""

    customer: str
    kept: frozenset[str] | None
    fold_id_case: bool = False

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
        return cls(source.columns[CUSTOMER], frozenset(kept), source.fold_id_case)

    def redacted(self, record: Any, erased: Erased) -> dict[str, Any] | None:
        """The record without its erased customer; None when it is not about one."""
        label = erased.label(self.id_text(record.get(self.customer))) if isinstance(record, dict) else None
        if label is None:
            return None
        kept = record.keys() if self.kept is None else self.kept
        return {name: value if name in kept else None for name, value in record.items()} | {self.customer: label}

    def id_text(self, value: Any) -> str:
        """The customer's id as raw has it."""
        return id_text(value, fold_case=self.fold_id_case)


def redact(path: Path, dataset: str, source: Layout | None, erased: Erased) -> int:
    """Rewrite a staged file so that no record tells who an erased customer was; return how many records changed.

    ``source`` is None for JSON Lines in our own layout. The number and order of the records stay. A file in which
    nothing changes keeps its bytes.
    """
    columns = Columns.of(dataset, source)
    if columns is None or not erased:
        return 0
    rewritten = path.with_name(f".{path.name}")
    changed = data_file(path, source or OWN_LAYOUT).rewrite(
        rewritten,
        lambda _, record: columns.redacted(record, erased),
        # Whatever it was: what stands for an erased id is no number.
        {columns.customer: lambda value: columns.id_text(value) or None},
    )
    if changed:
        rewritten.replace(path)
    rewritten.unlink(missing_ok=True)
    return changed
