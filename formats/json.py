"""JSON: one list of objects; a record is known by its position."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TextIO

from contracts.data_file import Change, FormatError, Place, Query, Relation, Texts
from contracts.sql_text import literal
from formats._text import TextFile, check_start

CHUNK = 1 << 20
LONGEST_OBJECT = 1 << 24  # characters; DuckDB's own limit for one JSON object is 16 MiB
COMMA = re.compile(r"\s*,\s*")
CLOSING = re.compile(r"\s*\]\s*")
BLANK = re.compile(r"\s*")
TYPED_RECORDS = 10_000  # are asked which types their columns have


@dataclass(frozen=True)
class JsonFile(TextFile):
    """A JSON list; also what JSON Lines have in common with it."""

    duckdb_format: ClassVar[str] = "array"

    def check(self) -> int:
        """The objects of the list, a chunk at a time."""
        check_start(self.path, self.layout.format)
        found: dict[str, None] = {}
        count = 0
        with self.text() as stream:
            try:
                for count, record in enumerate(_objects(stream), 1):  # noqa: B007 the last number is the count
                    found.update(dict.fromkeys(record))
            except UnicodeDecodeError:
                raise
            except ValueError as error:
                raise FormatError(
                    f"is not a whole JSON list of objects: after {count} of them {error}. Ask for it again, or state "
                    "format: jsonl if it has one object a line."
                ) from error
        if count:
            self.require_columns(found, "Fix the mapping, or ask for records with these fields.")
        return count

    def count(self) -> int:
        """The elements of the list."""
        with self.text_again() as stream:
            return len(json.load(stream))

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 a value has its own type
        """The list is written again, its other elements as they were."""
        with self.text() as stream:
            records = json.load(stream)
        new = {number: change(number, record) for number, record in enumerate(records, 1)}
        changed = {number: record for number, record in new.items() if record is not None}
        with self.writer(target) as out:
            json.dump([changed.get(number, old) for number, old in enumerate(records, 1)], out, ensure_ascii=False)
        return len(changed)

    def relation(self, query: Query, spare: Path) -> Relation:
        """DuckDB reads it; the columns are the names in any of the objects."""
        readable = literal(str(self.as_utf8(spare)))
        how = f"format = '{self.duckdb_format}', ignore_errors = {str(self.duckdb_format != 'array').lower()}"
        return Relation(
            rows=f"select json from read_json_objects({readable}, {how})",
            places=lambda: _places(query),
            identity="json",
            record="json",
            names_its_fields=True,
        )


def _objects(stream: TextIO) -> Iterator[dict[str, Any]]:
    """Yield the objects of one JSON list a chunk at a time; ValueError says what was found instead of the next."""
    decode = json.JSONDecoder().raw_decode
    text = stream.read(CHUNK).lstrip()
    if not text.startswith("["):
        raise ValueError(f"it begins with {text[:1]!r}, not with [")
    text, at, lead = text[1:], 0, BLANK
    while not (closing := CLOSING.match(text, at)):
        before = lead.match(text, at)
        try:
            value, at = decode(text, before.end()) if before else (None, at)
        except ValueError:
            before = None
        if before is None:  # the next object is not all there yet
            more = stream.read(CHUNK) if len(text) - at < LONGEST_OBJECT else ""
            if not more:
                raise ValueError("it breaks off or is not JSON")
            text, at = text[at:] + more, 0
            continue
        if not isinstance(value, dict):
            raise ValueError(f"it has a {type(value).__name__} where an object was expected")  # noqa: TRY004
        yield value
        lead = COMMA
    if text[closing.end() :].strip() or any(chunk.strip() for chunk in iter(lambda: stream.read(CHUNK), "")):
        raise ValueError("it goes on behind the closing ]")


def _places(query: Query) -> Mapping[str, Place]:
    """Each name in any record, with the type that most values in the first records have: a bad row is none of it."""
    names = query("select distinct unnest(json_keys(json)) from landed where json_type(json) = 'OBJECT' order by 1")
    types: dict[str, str] = dict(
        query(
            f"""
            select name, arg_max(type, {{'value_count': value_count, 'type': type}})
            from (
                select
                    key as name,
                    case when field.type in ('VARCHAR', 'BOOLEAN', 'OBJECT', 'ARRAY') then field.type else 'NUMBER' end
                        as type,
                    count(*) as value_count
                from landed, json_each(landed.json) as field
                where landed.rowid < {TYPED_RECORDS} and json_type(landed.json) = 'OBJECT' and field.type <> 'NULL'
                group by all
            )
            group by name
            """
        )
    )
    return {name: _place(name, types.get(name, "")) for (name,) in names}


def _place(name: str, delivered_type: str) -> Place:
    pointer = literal("/" + name.replace("~", "~0").replace("/", "~1"))
    return Place(f"(json ->> {pointer})", value_type=f"json_type(json, {pointer})", delivered_type=delivered_type)


FORMAT = JsonFile
