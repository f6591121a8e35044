"""Rows made of a file's records, as the client file says, before anything else looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from contracts.data_file import FormatError, Place, Query, Relation
from contracts.layout import Layout
from contracts.printable import header
from contracts.sql_text import literal

# Of a shaped ``landed``: the record that a row is made of, by its number, and which part of it the row is.
FILE_LINE, PART = "file_line", "part"
ROW_NAME = f"'line ' || {FILE_LINE} || ' of the file, row ' || {PART} || ' of it'"
NO_TYPE = "cast(null as varchar)"


def shape(query: Query, relation: Relation, layout: Layout) -> Relation:
    """Make ``landed`` again with a row for each part of a record, and return how it is read now.

    Every record has at least one row, so that none is lost. Raises FormatError for columns that do not fit the shape.
    """
    places = dict(relation.places())
    split = [name for name in (layout.split.columns if layout.split else ()) if name not in layout.unpivot]
    for name in (*layout.fill_down, *split):
        place = places.get(name) or relation.nested(name)
        if place is None:
            raise FormatError(
                f"has no column {name}, which fill_down: or split: in the client file names; it has {header(places)}."
            )
        places[name] = place
    parts = _numbers(layout, places)
    query(
        f"create or replace temp table landed as select *, {relation.line} as {FILE_LINE}, 1 as {PART}, "
        f"cast({relation.problem} as varchar) as unreadable from landed"
    )
    if layout.fill_down:
        places |= _fill_down(query, layout.fill_down, places)
    if layout.unpivot:
        places = _unpivot(query, layout, places, parts)
    if layout.split:
        places |= _split(query, layout.split.columns, layout.split.at, places)
    query(
        f"create or replace temp table landed as select * replace (row_number() over (partition by {FILE_LINE} "
        f"order by {PART}) as {PART}) from landed order by {FILE_LINE}, {PART}"
    )
    filled = "".join(f", {places[name].text}" for name in layout.fill_down)
    return replace(
        relation,
        places=lambda: places,
        line="rowid + 1",
        identity=f"{relation.identity}, {PART}{filled}",
        problem="unreadable",
    )


def _numbers(layout: Layout, places: Mapping[str, Place]) -> dict[int, dict[str, str]]:
    """By number, the columns of the file that become each name of ``unpivot``."""
    found: dict[int, dict[str, str]] = {}
    for column in places:
        for name, number in layout.made_of(column).items():
            found.setdefault(number, {})[name] = column
    if taken := [name for name in layout.unpivot if name in places]:
        raise FormatError(
            f"has a column {', '.join(taken)} of its own; expected another name under unpivot: in the client file."
        )
    for number, columns in sorted(found.items()):
        if missing := [pattern.format(number) for name, pattern in layout.unpivot.items() if name not in columns]:
            raise FormatError(
                f"has {', '.join(columns.values())} and no {', '.join(missing)}; expected every column of unpivot: in "
                "the client file for each number."
            )
    for name in layout.unpivot:
        if len(types := {places[columns[name]].sql_type for columns in found.values()}) > 1:
            raise FormatError(
                f"has {layout.unpivot[name]} as {' and as '.join(sorted(types))}; expected one type for all numbers."
            )
    if layout.unpivot and not found:
        raise FormatError(
            f"has no column {', '.join(layout.unpivot.values())} with a number for {{}}, which unpivot: in the client "
            f"file says; it has {header(places)}."
        )
    return dict(sorted(found.items()))


def _is_empty(place: Place) -> str:
    return f"coalesce(trim(cast({place.text} as varchar)), '') = ''"


def _fill_down(query: Query, columns: tuple[str, ...], places: Mapping[str, Place]) -> dict[str, Place]:
    first = places[columns[0]]
    filled = ", ".join(
        f"case when {_is_empty(places[name])} then first_value({value}) over whole else {value} end as {made}_{number}"
        for number, name in enumerate(columns)
        for value, made in ((places[name].text, "filled"), (places[name].value_type or NO_TYPE, "filled_type"))
    )
    begins = f"(unreadable is not null or not {_is_empty(first)})"
    query(
        f"""
        create or replace temp table landed as
        select
            * exclude (begins, unreadable, head), {filled},
            case
                when unreadable is not null then unreadable
                when head = 0 then {literal(f"{columns[0]} is empty, and no row above says what it continues")}
                when first_value(unreadable) over whole is not null
                    then {literal(f"{columns[0]} is empty, and the row above, which it continues, cannot be read")}
            end as unreadable
        from (
            select *, count_if(begins) over (order by {FILE_LINE} rows unbounded preceding) as head
            from (select *, {begins} as begins from landed)
        )
        window whole as (partition by head order by {FILE_LINE} rows between unbounded preceding and current row)
        """
    )
    return {
        name: _moved(places[name], f"filled_{number}", f"filled_type_{number}") for number, name in enumerate(columns)
    }


def _moved(place: Place, text: str, value_type: str) -> Place:
    """The column where its values and, if each has its own, their types are now."""
    return replace(place, text=text, value_type=value_type if place.value_type else None)


def _unpivot(
    query: Query, layout: Layout, places: Mapping[str, Place], parts: Mapping[int, Mapping[str, str]]
) -> dict[str, Place]:
    names = [*layout.unpivot]
    numbered = {number: [places[columns[name]] for name in names] for number, columns in parts.items()}
    structs = ", ".join(_struct(number, columns) for number, columns in numbered.items())
    first = next(iter(numbered.values()))
    nothing = _struct(1, [Place(f"cast(null as {place.sql_type})") for place in first])
    query(
        f"""
        create or replace temp table landed as
        select * exclude ({PART}, there), unpivoted.part as {PART}
        from (
            select *, unnest(if(len(there) = 0, [{nothing}], there)) as unpivoted
            from (select *, list_filter([{structs}], lambda one: one.is_there) as there from landed)
        )
        """
    )
    made = {
        name: _moved(place, f"unpivoted.value_{at}", f"unpivoted.type_{at}")
        for at, (name, place) in enumerate(zip(names, first, strict=True))
    }
    used = {column for columns in parts.values() for column in columns.values()}
    return {name: place for name, place in places.items() if name not in used} | made


def _struct(number: int, places: Sequence[Place]) -> str:
    """SQL for one part of a record: its number, its values with their types, and whether there is any."""
    values = [
        f"'value_{at}': {place.text}, 'type_{at}': {place.value_type or NO_TYPE}" for at, place in enumerate(places)
    ]
    is_there = " or ".join(f"not {_is_empty(place)}" for place in places)
    return f"{{'part': {number}, {', '.join(values)}, 'is_there': {is_there}}}"


def _split(query: Query, columns: tuple[str, ...], at: str, places: Mapping[str, Place]) -> dict[str, Place]:
    texts = [
        f"list_transform(string_split(coalesce(cast({places[name].text} as varchar), ''), {literal(at)}), "
        "lambda one: trim(one))"
        for name in columns
    ]
    lists = ", ".join(f"{text} as list_{number}" for number, text in enumerate(texts))
    lengths = [f"len(list_{number})" for number in range(len(columns))]
    counted = " || ', ' || ".join(
        f"{literal(f'{name} has ')} || {length}" for name, length in zip(columns, lengths, strict=True)
    )
    unequal = " or ".join(f"{length} <> {lengths[0]}" for length in lengths[1:]) or "false"
    values = ", ".join(f"list_{number}[piece] as split_{number}" for number in range(len(columns)))
    is_there = " or ".join(f"list_{number}[piece] <> ''" for number in range(len(columns)))
    query(
        f"""
        create or replace temp table landed as
        select * exclude ({PART}, piece, pieces, unreadable), {PART} * 10000 + piece as {PART}, {values}, unreadable
        from (
            select *, unnest(if(len(pieces) = 0, [1], pieces)) as piece
            from (
                select
                    * exclude (unreadable),
                    case
                        when unreadable is not null then unreadable
                        when {unequal} then {counted} || {literal(f" parts at {at!r}, expected as many in each")}
                    end as unreadable,
                    list_filter(range(1, greatest({", ".join(lengths)}) + 1), lambda piece: {is_there}) as pieces
                from (select *, {lists} from landed)
            )
        )
        """
    )
    return {name: Place(f"split_{number}") for number, name in enumerate(columns)}
