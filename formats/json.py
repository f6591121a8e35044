"""JSON: one list of objects; a record is known by its position."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TextIO

from contracts.data_file import Change, FormatError, Place, Query, Relation, Texts
from contracts.json_text import read_json
from contracts.sql_text import literal
from formats._encoding import check_encoding
from formats._records import LIST, Levels, Put, elements, expanded, lists_in, nested_place, of_body, pointer
from formats._text import BLANKS, TextFile

CHUNK = 1 << 20
LONGEST_OBJECT = 1 << 24  # characters; DuckDB's own limit for one JSON object is 16 MiB
TOO_DEEP = "lists or objects nested hundreds deep, which no record needs. Ask for a file without."
COMMA = re.compile(r"\s*,\s*")
CLOSING = re.compile(r"\s*\]\s*")
BLANK = re.compile(r"\s*")
TYPED_RECORDS = 10_000  # are asked which types their columns have


@dataclass(frozen=True)
class JsonFile(TextFile):
    """A JSON list; also what JSON Lines have in common with it."""

    duckdb_format: ClassVar[str] = "array"

    def may_have(self, column: str, found: Collection[str]) -> bool:
        """Whether a column, or the field that it lies in, is one of those found."""
        return column in found or column.partition(".")[0].removesuffix(LIST) in found

    def check(self) -> int:
        """The objects of the list, a chunk at a time."""
        self.check_text()
        found: dict[str, None] = {}
        count = 0
        if self.layout.record_path or self._is_body():
            return self._check_body()
        with self.text() as stream:
            try:
                for count, record in enumerate(_objects(stream), 1):  # noqa: B007 the last number is the count
                    found.update(dict.fromkeys(record))
            except UnicodeDecodeError:
                raise
            except RecursionError as error:
                raise FormatError(f"has behind record {count:,} {TOO_DEEP}") from error
            except ValueError as error:
                raise FormatError(
                    f"is not a whole JSON list of objects: after {count} of them {error}. Ask for it again, or state "
                    "format: jsonl if it has one object a line."
                ) from error
        if count:
            self.require_columns(found, "Fix the mapping, or ask for records with these fields.")
        return count

    def _is_body(self) -> bool:
        """Whether it is one object, not a list."""
        with self.text() as stream:
            return next((char for char in iter(lambda: stream.read(1), "") if not char.isspace()), "") == "{"

    def _check_body(self) -> int:
        with self.text() as stream:
            try:
                body = json.JSONDecoder(object_pairs_hook=_once).decode(stream.read().strip(BLANKS))
            except UnicodeDecodeError:
                raise
            except RecursionError as error:
                raise FormatError(f"has {TOO_DEEP}") from error
            except ValueError as error:
                raise FormatError(
                    f"is not a whole JSON list of objects: {error}. Ask for it again, or state format: jsonl if it has "
                    "one object a line."
                ) from error
        if not self.layout.record_path:
            places = ", ".join(lists_in(body)) or "nowhere"
            raise FormatError(
                f"is one JSON object: it begins with '{{', not with [; lists of objects lie in it at {places}. "
                "Say which are the records, such as records: orders, or records: orders.line_items for those within "
                "each; or state format: jsonl if it has one object a line."
            )
        found: dict[str, None] = {}
        count = 0
        for count, (record, _) in enumerate(self._records(body), 1):
            if not isinstance(record, dict):
                raise FormatError(
                    f"has a {type(record).__name__} as record {count:,} of records: {self.layout.records}; expected "
                    "objects."
                )
            found.update(dict.fromkeys(record))
        if count:
            self.require_columns(found, "Fix the mapping, or ask for records with these fields.")
        elif not self._has_records(body):
            places = ", ".join(lists_in(body)) or "nowhere"
            raise FormatError(
                f"has no {self.layout.records}, where records: says that the records lie; lists of objects lie in it "
                f"at {places}."
            )
        return count

    def _has_records(self, body: Any) -> bool:
        """Whether a body without records has the field that they would lie in, or a list has none at all."""
        return self.layout.record_path[0] in body if isinstance(body, dict) else not body

    def _records(self, body: Any) -> Iterator[tuple[Any, Put]]:
        """The records of a body, or of the records of a list, with what puts another in the place of each."""
        names = self.layout.record_path
        if isinstance(body, dict):
            yield from of_body(body, names)
        else:
            for element in body:
                yield from expanded(element, names)

    def count(self) -> int:
        """The elements of the list."""
        with self.text_again() as stream:
            try:
                body = json.JSONDecoder(parse_int=str, parse_float=str).decode(stream.read().strip(BLANKS))
            except RecursionError as error:
                raise FormatError(f"has {TOO_DEEP}") from error
        return sum(1 for _ in self._records(body)) if self.layout.record_path else len(body)

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 a value has its own type
        """The list is written again, its other elements as they were."""
        with self.text() as stream:
            try:
                records = read_json(stream.read())
            except UnicodeDecodeError:
                raise
            except ValueError as error:
                raise FormatError(f"is not JSON that can be changed: {error}. Ask for it again.") from error
        if self.layout.record_path:
            changed = self.change_records(records, change)
            with self.writer(target) as out:
                json.dump(records, out, ensure_ascii=False)
            return changed
        new = {number: change(number, record) for number, record in enumerate(records, 1)}
        others = {number: record for number, record in new.items() if record is not None}
        with self.writer(target) as out:
            json.dump([others.get(number, old) for number, old in enumerate(records, 1)], out, ensure_ascii=False)
        return len(others)

    def change_records(self, body: Any, change: Change, first: int = 1) -> int:
        """Change the records of a body, of which the first has a number; return how many were."""
        # All are asked for before one is changed: those of one order share its fields.
        asked = [(change(number, record), put) for number, (record, put) in enumerate(self._records(body), first)]
        changed = [(new, put) for new, put in asked if new is not None]
        for new, put in changed:
            put(new)
        return len(changed)

    def relation(self, query: Query, spare: Path) -> Relation:
        """DuckDB reads it; the columns are the names in any of the objects."""
        check_encoding(self.path, self.layout.encoding, self.codec)
        readable = literal(str(self.as_utf8(spare)))
        how = f"format = '{self.duckdb_format}', ignore_errors = {str(self.duckdb_format != 'array').lower()}"
        if not self.layout.record_path:
            return Relation(
                rows=f"select json from read_json_objects({readable}, {how})",
                places=lambda: _places(query, "json"),
                nested=lambda path: nested_place(query, "json", path.split(".")) if "." in path else None,
                identity="json",
                record="json",
                names_its_fields=True,
            )
        first, *others = self.layout.record_path
        bodies = f"select json as r0 from read_json_objects({readable}, {how})"
        levels = Levels(self.layout.record_path)
        if self.duckdb_format == "array" and self._is_body():
            size = max(self.as_utf8(spare).stat().st_size + 1, LONGEST_OBJECT)
            bodies = (
                f"select unnest({elements('json', first)}) as r0 from read_json_objects({readable}, "
                f"format = 'unstructured', maximum_object_size = {size})"
            )
            levels = Levels(tuple(others))
        return Relation(
            rows=levels.rows(bodies),
            places=lambda: levels.places(query, _places),
            nested=lambda path: levels.nested(query, path),
            identity=levels.identity,
            record=levels.record,
            names_its_fields=True,
        )


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise FormatError(
            f"has the name {twice} twice in one object, so it is open which value counts. Ask for it again."
        )
    return record


def _objects(stream: TextIO) -> Iterator[dict[str, Any]]:
    """Yield the objects of one JSON list a chunk at a time; ValueError says what was found instead of the next."""
    decode = json.JSONDecoder(object_pairs_hook=_once).raw_decode
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


def _places(query: Query, value: str) -> Mapping[str, Place]:
    """Each name in any record, with the type that most values in the first records have: a bad row is none of it."""
    names = query(
        f"select distinct unnest(json_keys({value})) from landed where json_type({value}) = 'OBJECT' order by 1"
    )
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
                from landed, json_each(landed.{value}) as field
                where landed.rowid < {TYPED_RECORDS} and json_type(landed.{value}) = 'OBJECT' and field.type <> 'NULL'
                group by all
            )
            group by name
            """
        )
    )
    return {name: _place(value, name, types.get(name, "")) for (name,) in names}


def _place(value: str, name: str, delivered_type: str) -> Place:
    at = pointer([name])
    return Place(f"({value} ->> {at})", value_type=f"json_type({value}, {at})", delivered_type=delivered_type)


FORMAT = JsonFile
