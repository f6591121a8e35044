"""JSON Lines: an object a line; a record is known by its line, blank ones not counted."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Any, ClassVar

from contracts.data_file import Change, FormatError, Query, Relation, Texts
from formats._text import BLANKS, check_start, line_end, unpacked
from formats.json import JsonFile


@dataclass(frozen=True)
class JsonLinesFile(JsonFile):
    """JSON Lines; a record that is no JSON is the text of its line."""

    duckdb_format: ClassVar[str] = "newline_delimited"

    def check(self) -> int:
        """Lines that are not blank; those that are no JSON are for load to say."""
        check_start(self.path, self.layout.format)
        found: dict[str, None] = {}
        missing = set(self.layout.columns.values())
        count = 0
        with self.text() as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip(" \t\r\n"):
                    continue
                count += 1
                is_cut = not line.endswith("\n")
                if not (missing or is_cut):
                    continue  # the columns are known to be there; whether this line is sound is for load to say
                try:
                    record = json.loads(line)
                except ValueError as error:
                    if is_cut:
                        raise FormatError(
                            f"is cut off in its last line, {number}: {error}. Ask for it again."
                        ) from error
                    continue
                if isinstance(record, dict):
                    found.update(dict.fromkeys(record))
                    missing -= record.keys()
        self.require_columns(found, "Fix the mapping, or ask for one JSON object a line with these fields.")
        return count

    def count(self) -> int:
        """Lines that are not blank."""
        with self.text_again() as stream:
            return sum(bool(line.strip(BLANKS)) for line in stream)

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:  # noqa: ARG002 a value has its own type
        """Lines that nobody changes keep their bytes."""
        number = changed = 0
        with self.text() as stream, self.writer(target) as out:
            for line in stream:
                is_blank = not line.strip(BLANKS)
                number += not is_blank
                new = None if is_blank else change(number, _record(line))
                changed += new is not None
                out.write(line if new is None else _as_line(new) + line_end(line))
        return changed

    def relation(self, query: Query, spare: Path) -> Relation:
        """As of a list, but that a line may be no JSON."""
        problem = "case when json is null then 'the line is not JSON' end"
        return replace(super().relation(query, spare), problem=problem, record=None)

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
        return json.loads(line)
    except ValueError:
        return line


def _as_line(record: Any) -> str:
    """A record on one line; what was no JSON may be a text again."""
    if isinstance(record, str):
        return record.replace("\r", " ").replace("\n", " ")
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


FORMAT = JsonLinesFile
