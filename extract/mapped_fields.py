"""Records of which nobody maps the customer, without what could say who it is: nobody could take it out again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from contracts.layout import Expression, Layout
from contracts.telling_names import TELLING, plain_name

_DECODER = msgspec.json.Decoder(float_hook=Decimal)  # to the last digit
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class MappedFields:
    """The fields that a mapping uses, and those whose names say that they change figures; the others become null."""

    names: frozenset[str]
    expressions: tuple[Expression, ...]
    lists: tuple[str, ...]
    """Where the rows lie within a record."""

    @classmethod
    def of(cls, layout: Layout, further: Collection[str] = ()) -> MappedFields:
        """Those of a layout; ``further`` are also kept."""
        expressions = [one for one in layout.columns.values() if isinstance(one, Expression)]
        for look_up in layout.look_ups.values():
            expressions += [one for one in look_up.by.values() if isinstance(one, Expression)]
        if layout.where:
            expressions.append(Expression(sql=layout.where))
        path = layout.record_path
        lists = tuple(".".join(path[:length]) for length in range(1, len(path) + 1))
        return cls(frozenset({*layout.named_columns, *further}), tuple(expressions), lists)

    def line(self, line: bytes) -> bytes:
        """A line of JSON with these fields alone."""
        return _ENCODER.encode(self._kept(_DECODER.decode(line), "")) + b"\n"

    def _kept(self, value: Any, path: str) -> Any:
        if path and self._is_used(path):
            return value
        if isinstance(value, dict):
            return {name: self._kept(below, f"{path}.{name}" if path else name) for name, below in value.items()}
        if isinstance(value, list):
            within = path if path in self.lists else f"{path}[]"
            return [self._kept(one, within) for one in value] if within == path or self._is_added_up(within) else None
        return value if plain_name(path) in TELLING else None

    def _is_used(self, path: str) -> bool:
        return path in self.names or any(one.mentions(path) for one in self.expressions)

    def _is_added_up(self, path: str) -> bool:
        return any(name.startswith(path) for name in self.names) or any(path in one.sql for one in self.expressions)
