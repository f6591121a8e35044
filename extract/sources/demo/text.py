"""Columns of numbers to columns of JSON text, without a Python loop over rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.sources.demo.draws import Flags, Ints

_DAY = 86_400


# Columns and constants are made from buffers: `pa.array` and `pa.scalar` import pandas first, which costs 0.3 CPU-s.
def numbers(values: Ints) -> pa.Array:
    """A column of whole numbers; shares their memory."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def table(values: Iterable[str]) -> pa.Array:
    """A column of given texts."""
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def quoted(values: Iterable[str]) -> pa.Array:
    """A column of given texts as JSON strings with their quotes."""
    return table(json.dumps(value, ensure_ascii=False) for value in values)


def constant(part: pa.Array | str) -> pa.Array | pa.Scalar:
    """A text that is the same in every row; a column stays as it is."""
    return table([part])[0] if isinstance(part, str) else part


def join(*parts: pa.Array | str, separator: str = "") -> pa.Array:
    """The parts of each row one after the other; a string is the same in every row."""
    return pc.binary_join_element_wise(*map(constant, parts), constant(separator))


def choose(flags: Flags, yes: pa.Array | str, no: pa.Array | str) -> pa.Array:
    """``yes`` where the flag is set, else ``no``."""
    return pc.if_else(pc.cast(numbers(flags.astype(np.int64)), pa.bool_()), constant(yes), constant(no))


def texts(column: pa.Array, position: Ints) -> pa.Array:
    """The text at each position of a column."""
    return column.take(numbers(position))


def whole(values: Ints) -> pa.Array:
    """Whole numbers as text."""
    return pc.cast(numbers(values), pa.string())


def identifiers(prefix: str, values: Ints, width: int) -> pa.Array:
    """Ids counted from 1: ``identifiers("O", 0, 4)`` is ``O0001``."""
    return join(prefix, pc.utf8_lpad(whole(values + 1), width, "0"))


_TWO_DIGITS = table(f"{number:02d}" for number in range(100))
_CLOCK = join(*(texts(_TWO_DIGITS, np.arange(_DAY) // unit % 60) for unit in (3_600, 60, 1)), separator=":")
_SIGNS = table(("", "-"))


def money(cents: Ints) -> pa.Array:
    """Cents as a decimal number with two places: -5 is ``-0.05``."""
    size = np.abs(cents)
    amount = join(whole(size // 100), ".", texts(_TWO_DIGITS, size % 100))
    is_negative = cents < 0
    return join(texts(_SIGNS, is_negative.astype(np.int64)), amount) if is_negative.any() else amount


def moments(seconds: Ints) -> pa.Array:
    """UTC seconds as ISO 8601: ``2026-10-31T16:20:05Z``."""
    days = seconds // _DAY
    first = int(days.min())
    calendar = table(str(day) for day in np.arange(first, int(days.max()) + 1).astype("datetime64[D]"))
    return join(texts(calendar, days - first), "T", texts(_CLOCK, seconds % _DAY), "Z")


def days(ordinals: Ints) -> pa.Array:
    """Days by ordinal as ISO 8601: ``2026-10-31``."""
    if not len(ordinals):
        return table(())
    first = int(ordinals.min())
    calendar = table(date.fromordinal(day).isoformat() for day in range(first, int(ordinals.max()) + 1))
    return texts(calendar, ordinals - first)


def joined_groups(rows: pa.Array, lengths: Ints) -> pa.Array:
    """The rows put together by ``lengths``, with commas between them."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    column = pa.Array.from_buffers(pa.int32(), len(offsets), [None, pa.py_buffer(offsets)])
    return pc.binary_join(pa.ListArray.from_arrays(column, rows), constant(","))


def write_rows(stream: BinaryIO, rows: pa.Array) -> None:
    """Write the rows one after the other, straight from Arrow's memory."""
    _, ends, characters = rows.buffers()
    offsets = np.frombuffer(ends, dtype=np.int32)
    stream.write(memoryview(characters)[offsets[rows.offset] : offsets[rows.offset + len(rows)]])
