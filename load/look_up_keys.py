"""What a row says of the rows of other sources that it takes values from: one text for the key of each look-up."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.dataset import Column
from contracts.datasets import DATASETS
from contracts.sql_text import literal
from load.columns import Field, is_sound, rejection_reason, value
from load.landed import Landed

KEYS = "look_up_keys"
# Before the name of our column, in a file of raw: the key of what another source has of it.
PREFIX = "_key_of_"


def keys_of_look_ups(landed: Landed, time_zone: str) -> str:
    """SQL for line and the key of each look-up of the records in ``landed``; a key without a part is null."""
    keys = "".join(
        f", {key_of([value(column, field, time_zone) for column, field in parts])} as {PREFIX}{ours}"
        for ours, parts in landed.look_up_keys.items()
    )
    return f"select {landed.line} as line{keys} from landed"


def problem_of_look_ups(landed: Landed, dataset: str, time_zone: str) -> str:
    """SQL for what is wrong with the keys of a record in ``landed``, or null."""
    columns = {column.name: column for column in DATASETS[dataset].columns}
    faults = []
    for ours, parts in landed.look_up_keys.items():
        faults += [_fault(ours, column, field, time_zone) for column, field in parts]
        if columns[ours].is_required:
            by = " and ".join(column.name for column, _ in parts)
            empty = literal(f"{ours} is looked up by {by}, of which the row has none; expected the whole key")
            faults.append(f"case when {key_of([field.plain for _, field in parts])} is null then {empty} end")
    return f"nullif(concat_ws('; ', {', '.join(faults)}), '')"


def key_of(values: Sequence[str]) -> str:
    """SQL for values as one text; null where one of them is."""
    return " || chr(31) || ".join(f"nullif(trim(cast({one} as varchar)), '')" for one in values)


def _fault(ours: str, column: Column, field: Field, time_zone: str) -> str:
    """SQL for why a part of a key is none; null where it is one, or empty."""
    reason = rejection_reason(column, Field("delivered", "delivered", field.date_formats, field.hints), "place")
    values = (
        f"select {value(column, field, time_zone)} as {column.name}, {field.delivered} as delivered, "
        f"{literal(f'{ours} is looked up, and its ')} as place"
    )
    test = is_sound(column, Field("delivered", "delivered"))
    return f"(select case when not ({test}) then {reason} end from ({values}))"
