"""Erased customers taken out of a delivered file: their records stay, so that totals do, but say nothing of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.data_file import data_file
from contracts.datasets import DATASETS, PERSONAL
from contracts.ids import id_text
from contracts.layout import OWN_LAYOUT, Expression, Layout
from privacy.erased import Erased, EraseError

CUSTOMER = "customer_id"
_TEXTS = re.compile(r'"((?:[^"\\]|\\.)*)"?|([^\s",:;{}\[\]]+)')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
# Not personal without the rest: sales by country, segment and cohort keep their totals.
KEPT_OF_CUSTOMER = frozenset({"country", "segment", "signup_at"})


@dataclass(frozen=True)
class Columns:
    """By the file's own names: the customer's id, and what stays of an erased customer's record.

    A name may be a path to a field within a field. What an expression names stays, unless it makes something personal.
    A record without an id may continue the one above (``fill_down``), whose customer it has then.
    """

    customer: str
    kept: frozenset[str]
    expressions: tuple[Expression, ...] = ()
    layout: Layout = OWN_LAYOUT

    @classmethod
    def of(cls, dataset: str, source: Layout | None) -> Columns | None:
        """The columns of a delivery of the dataset; None when its records name no customer.

        In a shop's own file a column that nobody maps is not kept: it may hold anything. Raises EraseError where the
        customer is made by an expression.
        """
        if source is None:
            return cls(CUSTOMER, KEPT_OF_CUSTOMER if dataset == "customers" else _impersonal(dataset))
        keys = (one.by[CUSTOMER] for one in source.look_ups.values() if CUSTOMER in one.by)
        customer = source.columns.get(CUSTOMER, next(keys, None))
        if customer is None:
            return None
        if not isinstance(customer, str):
            raise EraseError(
                f"sources.{dataset} makes {CUSTOMER} by an expression, so that erased customers cannot be known again "
                f"in what it delivers; expected one of its columns. Map {CUSTOMER} to a column, deliver it so, and run "
                "again."
            )
        looked_up = [one for look_up in source.look_ups.values() for one in look_up.by.values()]
        all_columns = [*(one for ours, one in source.columns.items() if ours not in PERSONAL), *looked_up]
        kept = {one for one in all_columns if isinstance(one, str)}
        expressions = [one for one in all_columns if isinstance(one, Expression)]
        conditions = [source.where] if source.where else []
        if source.sums:
            kept |= {*source.sums.columns}
            conditions += [one.when for one in source.sums.amounts.values()]
        expressions += [Expression(sql=condition) for condition in conditions]
        return cls(customer, frozenset(kept), tuple(expressions), source)

    def redacted(self, record: Any, erased: Erased) -> dict[str, Any] | str | None:
        """The record without its erased customer; None when it is not about one.

        Of a text that is no record nothing stays where it has the customer's id in it.
        """
        if isinstance(record, str):
            found = filter(None, (erased.label(self.id_text(text)) for text in _texts_in(record)))
            return next((f"a record of {label} that could not be read" for label in found), None)
        if not isinstance(record, dict):
            return None
        label = erased.label(self.id_text(_at(record, self.customer)))
        if label is None:
            return None
        return _with(self._pruned(record), self.customer, label)

    def _pruned(self, record: Mapping[str, Any], place: str = "") -> dict[str, Any]:
        """The record with what is kept alone."""
        return {name: self._pruned_value(f"{place}{name}", value) for name, value in record.items()}

    def _pruned_value(self, path: str, value: Any) -> Any:
        names = (path, *self.layout.made_of(path))
        if any(name in self.kept or any(one.mentions(name) for one in self.expressions) for name in names):
            return value
        if isinstance(value, list) and self._is_added_up(f"{path}[]"):
            return [self._pruned(one, f"{path}[].") if isinstance(one, dict) else None for one in value]
        pruned = self._pruned(value, f"{path}.") if isinstance(value, dict) else {}
        return pruned if any(one is not None for one in pruned.values()) else None

    def _is_added_up(self, path: str) -> bool:
        """Whether values in a list are kept, as their sum is used."""
        return any(name.startswith(path) for name in self.kept) or any(path in one.sql for one in self.expressions)

    def completed(self, record: Any, above: Any) -> Any:
        """The record with the customer of the one above, if it continues that."""
        filled = self.layout.fill_down
        if self.customer not in filled or not isinstance(record, dict) or not isinstance(above, dict):
            return record
        begins = any(str(record.get(name) or "").strip() for name in (filled[0], self.customer))
        return record if begins else {**record, self.customer: above.get(self.customer)}

    def id_text(self, value: Any) -> str:
        """The customer's id as raw has it."""
        said = self.layout.values.get(CUSTOMER, {})
        return id_text(said.get(value, value) if isinstance(value, str) else value, fold_case=self.layout.fold_id_case)


def _impersonal(dataset: str) -> frozenset[str]:
    """What stays of a record in our own layout that is of an erased customer: its columns and lists."""
    declared = DATASETS[dataset]
    return frozenset({column.name for column in declared.columns} | {*declared.nested}) - PERSONAL


def _at(record: Any, name: str) -> Any:
    """The value of a field, or of one within another by its path."""
    if not isinstance(record, dict):
        return None
    if name in record:
        return record[name]
    first, _, rest = name.partition(".")
    return _at(record.get(first), rest) if rest else None


def _with(record: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The record with another value of the field."""
    first, _, rest = name.partition(".")
    if name in record or not rest:
        return {**record, name: value}
    return {**record, first: _with(record[first], rest, value)}


def _texts_in(text: str) -> Iterator[str]:
    """What may be an id in a text that is no record: what stands in quotation marks, and each word."""
    for quoted, word in _TEXTS.findall(text):
        yield quoted or word
        for meant in {quoted, _ESCAPE.sub(_meant, quoted)}:
            yield meant
            yield from meant.split()


def _meant(escape: re.Match[str]) -> str:
    """The sign that JSON writes so."""
    if escape[1]:
        return chr(int(escape[1], 16))
    return {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}.get(escape[2], escape[2])


def redact(path: Path, dataset: str, source: Layout | None, erased: Erased) -> int:
    """Rewrite a staged file so that no record tells who an erased customer was; return how many records changed.

    ``source`` is None for JSON Lines in our own layout. The number and order of the records stay. A file in which
    nothing changes keeps its bytes.
    """
    columns = Columns.of(dataset, source) if erased else None
    if columns is None:
        return 0
    rewritten = path.with_name(f".{path.name}")
    above: Any = None

    def change(_: int, record: Any) -> Any:
        nonlocal above
        above = columns.completed(record, above)
        return columns.redacted(above, erased)

    changed = data_file(path, source or OWN_LAYOUT).rewrite(
        rewritten,
        change,
        # Whatever it was: what stands for an erased id is no number.
        {columns.customer: lambda value: columns.id_text(value) or None},
    )
    if changed:
        rewritten.replace(path)
    rewritten.unlink(missing_ok=True)
    return changed
