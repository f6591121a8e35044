"""JSON Lines: an object a line; a record is known by its line, blank ones not counted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Any, ClassVar

from contracts.data_file import Change, FormatError, Query, Relation, Texts
from contracts.json_text import read_json
from contracts.sql_text import literal
from formats._packed import unpacked
from formats._records import Put, expanded
from formats._text import BLANKS, bounded_lines, line_end
from formats.json import JsonFile

NAMED_TWICE = "len(json_keys(json)) <> len(list_distinct(json_keys(json)))"
TWICE = "a name comes twice in the record, so it is open which value counts"


@dataclass(frozen=True)
class JsonLinesFile(JsonFile):
    """JSON Lines; a record that is no JSON is the text of its line."""

    duckdb_format: ClassVar[str] = "newline_delimited"

    def check(self) -> int:
        """Lines that are not blank; those that are no JSON are for load to say."""
        self.check_text()
        found: dict[str, None] = {}
        is_open, count = True, 0
        with self.text() as stream:
            for number, line in enumerate(bounded_lines(stream), 1):
                if not line.strip(" \t\r\n"):
                    continue
                is_cut = not line.endswith("\n")
                if not (is_open or is_cut or self.layout.record_path):
                    count += 1
                    continue  # the columns are known to be there; whether this line is sound is for load to say
                try:
                    record = read_json(line)
                except ValueError as error:
                    if is_cut:
                        raise FormatError(
                            f"is cut off in its last line, {number}: {error}. Ask for it again."
                        ) from error
                    count += 1
                    continue
                for one, _ in self._records(record):
                    count += 1
                    if isinstance(one, dict):
                        found.update(dict.fromkeys(one))
                is_open = not all(self.may_have(column, found) for column in self.layout.header)
        self.require_columns(found, "Fix the mapping, or ask for one JSON object a line with these fields.")
        return count

    def _records(self, body: Any) -> Iterator[tuple[Any, Put]]:
        """The records of a line."""
        yield from expanded(body, self.layout.record_path)

    def count(self) -> int:
        """Lines that are not blank, or the records in them."""
        with self.text_again() as stream:
            lines = (line for line in stream if line.strip(BLANKS))
            if not self.layout.record_path:
                return sum(1 for _ in lines)
            return sum(
                1 if isinstance(body, str) else sum(1 for _ in self._records(body)) for body in map(_record, lines)
            )

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 a value has its own type
        """Lines that nobody changes keep their bytes."""
        number = changed = 0
        with self.text() as stream, self.writer(target) as out:
            for line in bounded_lines(stream):
                if self.layout.record_path and line.strip(BLANKS) and not isinstance(body := _record(line), str):
                    new_ones = self.change_records(body, change, number + 1)
                    number += sum(1 for _ in self._records(body))
                    changed += new_ones
                    out.write(_as_line(body) + line_end(line) if new_ones else line)
                    continue
                is_blank = not line.strip(BLANKS)
                number += not is_blank
                new = None if is_blank else change(number, _record(line))
                changed += new is not None
                out.write(line if new is None else _as_line(new) + line_end(line))
        return changed

    def relation(self, query: Query, spare: Path) -> Relation:
        """As of a list, but that a line may be no JSON."""
        relation = super().relation(query, spare)
        if self.layout.record_path:
            levels = range(len(self.layout.record_path) + 1)
            twice = " or ".join(NAMED_TWICE.replace("(json)", f"(r{level})") for level in levels)
            problem = f"case when r0 is null then 'the line is not JSON' when {twice} then {literal(TWICE)} end"
            return replace(relation, problem=problem)
        problem = f"case when json is null then 'the line is not JSON' when {NAMED_TWICE} then {literal(TWICE)} end"
        return replace(relation, problem=problem, record=None)

    def texts_at(self, numbers: Collection[int]) -> dict[int, str]:
        """The text of some lines; bytes that are no text appear as ``\\xff``."""
        found: dict[int, str] = {}
        with (
            unpacked(self.path) as binary,
            TextIOWrapper(binary, encoding=self.codec, errors="backslashreplace", newline=self.newline) as stream,
        ):
            number = 0
            for line in stream:
                text = line.rstrip("\r\n")
                is_blank = not text.strip(BLANKS)
                number += not is_blank
                if number in numbers and not is_blank:
                    found[number] = text
        return found


def _record(line: str) -> Any:
    try:
        return read_json(line)
    except ValueError:
        return line


def _as_line(record: Any) -> str:
    """A record on one line; what was no JSON may be a text again."""
    if isinstance(record, str):
        return record.replace("\r", " ").replace("\n", " ")
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    half_signs = any("\ud800" <= sign <= "\udfff" for sign in text)
    return json.dumps(record, separators=(",", ":")) if half_signs else text


FORMAT = JsonLinesFile
