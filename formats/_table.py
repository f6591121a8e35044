"""What tables with a header have in common: CSV and workbooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from contracts.data_file import FormatError, text_of
from contracts.layout import Layout
from contracts.printable import header as listed

SEARCHED = 20  # lines below the one that should be the header


def names_of(cells: Sequence[str]) -> list[str]:
    """The names of a header; a column without one has ''."""
    return [cell.strip() for cell in cells]


def is_empty(cells: Sequence[str]) -> bool:
    """Whether a row has nothing in any cell, so that it is none."""
    return not any(map(str.strip, cells))


def check_names(layout: Layout, header: Sequence[str], line: int, hint: str) -> None:
    """Raise FormatError unless every mapped column is in the header, and once."""
    mapped = {*layout.header, *filter(layout.made_of, header)}
    if missing := [name for name in layout.header if name not in header]:
        found = listed(map(repr, filter(None, header)))
        raise FormatError(
            f"lacks {', '.join(missing)}, which columns: in the client file maps; it has in line {line} {found}. {hint}"
        )
    repeated = [name for name in dict.fromkeys(header) if name in mapped and header.count(name) > 1]
    if repeated:
        named = "; ".join(f"{name} {_times(_places(name, header))}" for name in repeated)
        raise FormatError(
            f"has in line {line} the mapped column {named}, so it is open which one counts. Ask for a file where it "
            "appears once."
        )


def header_found(layout: Layout, rows: Collection[tuple[int, Sequence[str]]]) -> int | None:
    """The number of the first row that has every mapped column, if any."""
    mapped = {*layout.header}
    return next((number for number, cells in rows if mapped and mapped <= {*names_of(cells)}), None)


def _places(name: str, header: Sequence[str]) -> list[str]:
    return [_ordinal(place) for place, other in enumerate(header, 1) if other == name]


def _times(places: Sequence[str]) -> str:
    times = "twice" if len(places) == 2 else f"{len(places)} times"
    return f"{times} ({', '.join(places[:-1])} and {places[-1]})"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def record_of(header: Sequence[str], fields: Sequence[Any]) -> dict[str | None, Any]:
    """The fields by the names of the header; what no name is for under None, where they are not as many."""
    record: dict[str | None, Any] = {
        name: value for name, value in zip(header, fields, strict=False) if name or value not in ("", None)
    }
    return record if len(fields) == len(header) else record | {None: [*fields[len(header) :]]}


def changed_fields(
    header: Sequence[str], fields: Sequence[str], record: Mapping[str | None, Any], new: Any, line: int
) -> list[str]:
    """The fields of a changed record; as many as it had where that is still said of it, else those of the header."""
    if isinstance(new, list):
        return [text_of(value) for value in new]
    if not isinstance(new, dict):
        raise FormatError(f"line {line} is a {type(new).__name__}; expected its fields by the names of the header")
    if unknown := sorted(new.keys() - {*header, None}):
        raise FormatError(
            f"line {line} has {', '.join(unknown)}; expected columns of the file: {', '.join(filter(None, header))}"
        )
    if None in record and None not in new:
        return [text_of(new.get(name)) for name in header]
    texts = [
        field if name not in new or new[name] == record.get(name) else text_of(new[name])
        for name, field in zip(header, fields, strict=False)
    ]
    return [*texts, *[""] * (len(fields) - len(texts))]
