"""JSON as load's reader reads it, for all that reads a record beside it: checks, redaction and replay."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

BLANKS = " \t\r\n\v\f"
LONGEST = 4_000  # digits; Python makes no number of more than 4,300
# What load's reader takes and Python's does not: a comma before a closing sign, and words for what is no number.
_LENIENT = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|,(?=\s*[}\]])|(?<![\w"])(?P<word>-?(?:nan|inf(?:inity)?))(?![\w"])', re.IGNORECASE
)


def read_json(text: str) -> Any:
    """The value; ValueError where load's reader finds none.

    Of a name that comes twice the first value counts, and a number that Python cannot hold is its text.
    """
    bare = text.strip(BLANKS)
    try:
        return _DECODER.decode(bare)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except ValueError:
        return _DECODER.decode(_LENIENT.sub(_plain, bare))


def _plain(found: re.Match[str]) -> str:
    return found["text"] or (f'"{found["word"]}"' if found["word"] else "")


def _first_of_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        record |= dict(reversed(pairs))
    return record


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST else digits


def _number(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


_DECODER = json.JSONDecoder(object_pairs_hook=_first_of_each, parse_int=_whole, parse_float=_number, parse_constant=str)
