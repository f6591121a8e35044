"""The columns of a shop's own file: which is which of ours, and what its texts mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from contracts.data_file import Place
from contracts.dataset import DAY, ID, MOMENT, Column
from contracts.datasets import DATASETS
from contracts.layout import Layout
from contracts.sql_text import literal
from load.columns import Field
from load.errors import LoadError
from load.ids import id_field

# Whole numbers beyond this may have lost digits on their way through a float: 2^53 + 1 arrives as 2^53.
EXACT_IN_A_FLOAT = 2**53 - 1
FLOATS = ("DOUBLE", "FLOAT")


def fields_of(
    dataset: str, source: Layout, places: Mapping[str, Place], path: Path
) -> tuple[dict[str, Field], list[str]]:
    """Our columns as SQL over the file's, and the file's columns that nobody maps.

    Raises LoadError when the mapping names a column that the file or the dataset does not have, or leaves out one
    that is needed, and when there are unmapped columns and ``new_columns`` is ``fail``.
    """
    columns = {column.name: column for column in DATASETS[dataset].columns}
    where = f"sources.{dataset} of the client file"
    named = {*source.columns, *source.constants, *source.values, *source.minor_units}
    if unknown := sorted(named - set(columns)):
        raise LoadError(
            f"{where} maps {', '.join(unknown)}, which {dataset} do not have; expected some of {', '.join(columns)}."
        )
    given = {*source.columns, *source.constants}
    needed = [name for name, column in columns.items() if column.is_required and column.default_if_unmapped is None]
    if left_out := [name for name in needed if name not in given]:
        raise LoadError(
            f"{where} does not say where {', '.join(left_out)} comes from; expected it under columns: or constants:."
        )
    new = [name for name in places if name not in source.columns.values()]
    if missing := [name for name in source.columns.values() if name not in places]:
        raise LoadError(
            f"{path} has no column {', '.join(missing)}, which {where} maps; columns that it has and nobody maps: "
            f"{', '.join(new) or 'none'}. Was one renamed? Fix columns: in the client file, or ask for the file again."
        )
    if new and source.new_columns == "fail":
        raise LoadError(
            f"{path} has the new column {', '.join(new)} and {where} says new_columns: fail. "
            "Map it, or say new_columns: accept or quarantine."
        )
    return {name: _field(column, source, places) for name, column in columns.items()}, new


def new_column_problem(new: list[str], places: Mapping[str, Place], source: Layout) -> str:
    """SQL for what is wrong with a record that has a value in a new column; null unless those are quarantined."""
    if not new or source.new_columns != "quarantine":
        return "null"
    tests = " ".join(
        f"when coalesce(cast({places[name].text} as varchar), '') <> '' then {literal(f'the column {name} is new')}"
        for name in new
    )
    return f"case {tests} end"


def _field(column: Column, source: Layout, places: Mapping[str, Place]) -> Field:
    name = column.name
    if name in source.constants:
        return Field(literal(source.constants[name]), literal(source.constants[name]))
    if name not in source.columns:
        default_if_unmapped = (
            literal(column.default_if_unmapped) if column.default_if_unmapped is not None else "cast(null as varchar)"
        )
        return Field(default_if_unmapped, default_if_unmapped)
    place = places[source.columns[name]]
    delivered = _delivered(column, place)
    if name in source.values:
        cases = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in source.values[name].items())
        delivered = f"case {delivered} {cases} else {delivered} end"
    if column.default_if_blank is not None:
        delivered = f"coalesce(nullif({delivered}, ''), {literal(column.default_if_blank)})"
    if column.kind is ID:
        field = id_field(column, delivered, source)
        if is_float := _is_float(place):
            whole = f"not ({is_float}) or regexp_full_match({delivered}, '-?\\d+')"
            return replace(field, plain=f"case when {whole} then {field.plain} end")
        return field
    plain = delivered
    if column.kind.is_number:
        plain = _plain_number(plain, place, source.decimal)
        if name in source.minor_units:
            plain = _from_minor_units(plain)
    is_text = place.sql_type == "VARCHAR"
    if column.kind in (DAY, MOMENT) and is_text:
        plain = f"trim({plain})"
    return Field(delivered, plain, source.date_format if is_text else None)


def _delivered(column: Column, place: Place) -> str:
    text = f"cast({place.text} as varchar)"
    if place.sql_type == "VARCHAR":
        is_float = _is_float(place) if column.kind is ID else None
        return f"case when {is_float} then {_whole(place, column)} else {place.text} end" if is_float else place.text
    if place.sql_type == "TIMESTAMP WITH TIME ZONE":
        return f"cast(timezone('UTC', {place.text}) as varchar) || 'Z'"
    if place.sql_type not in FLOATS:
        return text
    if column.kind.is_number:
        # A float is taken to four decimals, the most that a price has; 2.55 is 2.5499999999999998 in there.
        return f"cast(try_cast(round({place.text}, 4) as decimal(18, 4)) as varchar)"
    return _whole(place, column)


def _is_float(place: Place) -> str | None:
    """SQL for whether a value came as a binary floating-point number; None where the column has none."""
    if place.sql_type in FLOATS:
        return "true"
    if place.value_type is None:
        return None
    # JSON says DOUBLE of long digits too, but hands them over as they are written.
    return f"{place.value_type} = 'DOUBLE' and regexp_matches({place.text}, '[.eE]')"


def _whole(place: Place, column: Column) -> str:
    """SQL for a float as the digits of a whole number, as far as it is one and has not lost any."""
    number = f"try_cast({place.text} as double)"
    whole = f"{number} = trunc({number}) and abs({number}) <= {EXACT_IN_A_FLOAT}"
    text = f"cast({place.text} as varchar)"
    other = f"{text} || ' as a float'" if column.kind is ID else text
    digits = f"cast(cast({number} as bigint) as varchar)"
    return f"case when isnan({number}) then null when {whole} then {digits} else {other} end"


def _plain_number(text: str, place: Place, decimal: str) -> str:
    if place.sql_type != "VARCHAR":
        return text
    trimmed = f"trim({text})"
    if decimal == ",":
        pattern = r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?"
        number = f"replace(replace({trimmed}, '.', ''), ',', '.')"
        plain = f"case when regexp_full_match({trimmed}, '{pattern}') then {number} end"
    else:
        pattern = r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?"
        number = f"replace({trimmed}, ',', '')"
        plain = f"case when regexp_full_match({trimmed}, '{pattern}') then {number} else {trimmed} end"
    if place.value_type is None:
        return plain
    # A number has its point whatever the decimal sign of the shop's texts.
    return f"case when {place.value_type} = 'VARCHAR' then {plain} else {text} end"


def _from_minor_units(plain: str) -> str:
    whole = r"[+-]?\d{1,16}(\.0*)?"
    hundredth = f"cast(cast({plain} as decimal(18, 0)) * 0.01 as varchar)"
    return f"case when regexp_full_match({plain}, '{whole}') then {hundredth} end"
