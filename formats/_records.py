"""Records that lie in lists of a JSON body, and lists of theirs: `records` of the client file.

Of the path `orders.line_items` a line is a record: its order, with the one line where the order has its list. So `id`
is the order's and `line_items.sku` the line's. `line_items.taxes[].price` is the sum over a list within a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from contracts.data_file import Place, Query
from contracts.sql_text import literal

Put = Callable[[Any], None]
LIST = "[]"  # stands behind the name of a list whose values are added up


def expanded(value: Any, names: Sequence[str]) -> Iterator[tuple[Any, Put]]:
    """Each record below a value, with what puts another one in its place, once all of them are known."""
    if not names:
        yield value, _nowhere
        return
    name = names[0]
    below = value.get(name) if isinstance(value, dict) else None
    elements = below if isinstance(below, list) else [below] if isinstance(below, dict) else []
    for position, element in enumerate(elements):
        for record, put_below in expanded(element, names[1:]):

            def put(new: Any, at: int = position, put_below: Put = put_below) -> None:
                value.update({other: new[other] for other in new if other != name})
                if len(names) == 1:
                    _set(value, name, at, new[name])
                else:
                    put_below(new[name])

            yield {**value, name: record}, put


def _nowhere(_: Any) -> None:
    """A record that is the whole has no place of its own."""


def _set(value: dict[str, Any], name: str, position: int, element: Any) -> None:
    if isinstance(value[name], list):
        value[name][position] = element
    else:
        value[name] = element


def of_body(body: dict[str, Any], names: Sequence[str]) -> Iterator[tuple[Any, Put]]:
    """Each record of a body, whose own fields are none of it."""
    name = names[0]
    below = body.get(name)
    elements = below if isinstance(below, list) else [below] if isinstance(below, dict) else []
    for position, element in enumerate(elements):
        if len(names) == 1:

            def put(new: Any, at: int = position) -> None:
                _set(body, name, at, new)

            yield element, put
        else:
            yield from expanded(element, names[1:])


def lists_in(value: Any, place: str = "", depth: int = 3) -> Iterator[str]:
    """Where lists of objects lie in a body, with how many elements each has."""
    if not isinstance(value, dict) or not depth:
        return
    for name, below in value.items():
        where = f"{place}{name}"
        if isinstance(below, list) and below and isinstance(below[0], dict):
            yield f"{where} ({len(below):,})"
            yield from lists_in(below[0], f"{where}.", depth - 1)
        elif isinstance(below, dict):
            yield from lists_in(below, f"{where}.", depth - 1)


@dataclass(frozen=True)
class Levels:
    """The records as SQL: ``r0`` is what holds all others, ``r1`` the element of its list, and so on."""

    names: tuple[str, ...]
    """Those of the lists below ``r0``."""

    def rows(self, bodies: str) -> str:
        """SQL for the records, of a query whose ``r0`` is the value that has the first list."""
        rows = bodies
        for level, name in enumerate(self.names):
            rows = f"select *, unnest({elements(f'r{level}', name)}) as r{level + 1} from ({rows})"
        return rows

    @property
    def identity(self) -> str:
        """SQL for what tells records apart."""
        return ", ".join(f"r{level}" for level in range(len(self.names) + 1))

    @property
    def record(self) -> str:
        """SQL for a record as text."""
        text = f"r{len(self.names)}"
        for level in reversed(range(len(self.names))):
            text = f"json_merge_patch(r{level}, json_object({literal(self.names[level])}, {text}))"
        return f"coalesce(cast({text} as varchar), '')"

    def places(self, query: Query, named: Callable[[Query, str], Mapping[str, Place]]) -> dict[str, Place]:
        """The fields of each level, by their path from ``r0``."""
        found: dict[str, Place] = {}
        for level in range(len(self.names) + 1):
            prefix = "".join(f"{name}." for name in self.names[:level])
            below = self.names[level] if level < len(self.names) else None
            found |= {prefix + name: place for name, place in named(query, f"r{level}").items() if name != below}
        return found

    def nested(self, query: Query, path: str) -> Place | None:
        """How SQL reaches a field by its path from ``r0``; None where records have its parent and none the field."""
        names = path.split(".")
        level = 0
        while level < len(self.names) and names[: level + 1] == [*self.names[: level + 1]]:
            level += 1
        return nested_place(query, f"r{level}", names[level:])


def elements(value: str, name: str) -> str:
    """SQL for the elements of a list of a JSON value; an object is a list of one, a value that is no JSON too."""
    at = pointer([name])
    every = literal(f'$."{name}"[*]')
    return (
        f"case when {value} is null then [null] when json_type({value}, {at}) = 'ARRAY' then {value} -> {every} "
        f"when json_type({value}, {at}) = 'OBJECT' then [{value} -> {at}] else [] end"
    )


def pointer(names: Sequence[str]) -> str:
    """SQL for the JSON pointer to a field."""
    return literal("".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names))


def nested_place(query: Query, value: str, names: Sequence[str]) -> Place | None:
    """How SQL reaches a field within a JSON value; None where records have its parent, and none has the field.

    A parent that is null in every record says nothing of its fields: a guest has no customer with an id.
    """
    if not names:
        return Place(f"({value} ->> '$')", value_type=f"json_type({value})")
    if any(name.endswith(LIST) for name in names):
        return _sum_place(query, value, names)
    types = [f"json_type({value}, {pointer(names[:length])})" for length in range(1, len(names) + 1)]
    tests = ", ".join(f"bool_or({one} is not null), bool_or({one} = 'OBJECT')" for one in types)
    ((*found,),) = query(f"select {tests} from landed")
    is_there, is_object = found[::2], [True, *found[1::2]]
    for length in reversed(range(len(names))):
        if is_object[length]:
            if not is_there[length]:
                return None
            break
    return Place(f"({value} ->> {pointer(names)})", value_type=types[-1])


def _sum_place(query: Query, value: str, names: Sequence[str]) -> Place | None:
    """The sum over a list: 0 of an empty one, null where an element has no value, its texts where one is no number.

    None where no record has the list.
    """
    before = list(takewhile(lambda name: not name.endswith(LIST), names))
    owner = [*before, names[len(before)].removesuffix(LIST)]
    ((is_there,),) = query(f"select bool_or(json_exists({value}, {pointer(owner)})) from landed")
    if is_there is False:
        return None
    path = "$" + "".join(f'."{name.removesuffix(LIST)}"' + "[*]" * name.endswith(LIST) for name in names)
    above = "$" + "".join(f'."{name.removesuffix(LIST)}"' + "[*]" * name.endswith(LIST) for name in _lists_of(names))
    values = f"({value} ->> {literal(path)})"
    numbers = f"list_transform({values}, lambda one: try_cast(one as decimal(38, 9)))"
    total = f"regexp_replace(cast(coalesce(list_sum({numbers}), 0) as varchar), '[.]?0+$', '')"
    return Place(
        f"(case when json_type({value}, {pointer(owner)}) is distinct from 'ARRAY' "
        f"or len(list_filter({values}, lambda one: one is not null)) < len({value} -> {literal(above)}) then null "
        f"when len(list_filter({numbers}, lambda one: one is null)) > 0 then cast({values} as varchar) "
        f"else {total} end)"
    )


def _lists_of(names: Sequence[str]) -> Sequence[str]:
    """The names through the last list."""
    last = max(at for at, name in enumerate(names) if name.endswith(LIST))
    return names[: last + 1]
