"""What every format of files can do, and which formats there are."""

from __future__ import annotations

import json
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.printable import SafeError

if TYPE_CHECKING:
    import pyarrow as pa

    from contracts.layout import Layout
    from contracts.warning import Kind

FOLDER = "formats"

# The number of a record and the record; gives what stands for it from now on, None for what it is.
Change = Callable[[int, Any], Any]
# Columns that become text, and how a value of each does.
Texts = Mapping[str, Callable[[Any], str | None]]
# SQL; gives its rows.
Query = Callable[[str], list[tuple[Any, ...]]]


class FormatError(SafeError):
    """A file, or a changed record of it, is not what it must be; the message goes on where the file is named."""


@dataclass(frozen=True)
class Place:
    """How SQL reaches a column of the file in ``landed``.

    ``value_type`` is SQL for the type of one value, as DuckDB names it, where each value has its own;
    ``delivered_type`` the type of the column in the file where that is not ``sql_type``, the type of ``text``.
    """

    text: str
    sql_type: str = "VARCHAR"
    value_type: str | None = None
    delivered_type: str | None = None


@dataclass(frozen=True)
class Relation:
    """A file as load reads it: ``rows`` is the SQL that makes the table ``landed``, and the rest is SQL over that.

    ``line`` is the number of a record, ``problem`` what is wrong with it as a whole, or null. Two records of one
    ``identity`` are the same record twice. ``record`` is the record as text; None where ``texts_at`` has it.
    """

    rows: str
    places: Callable[[], Mapping[str, Place]]
    """The columns of the file by name; called when ``landed`` is there."""
    identity: str
    record: str | None
    line: str = "rowid + 1"
    problem: str = "null"
    batches: pa.RecordBatchReader | None = None
    """What ``rows`` selects from under the name ``batches``."""
    nested: Callable[[str], Place | None] = lambda _: None
    """How SQL reaches a field within a field, by a path such as `customer.id`; None where there is none."""
    names_its_fields: bool = False
    """Whether each record names its own fields, so that a file without records has no column."""
    warnings: Callable[[], Iterable[tuple[Kind, str]]] = tuple
    """What a person should know of the file, by kind; called when ``landed`` is there."""


@dataclass(frozen=True)
class DataFile(ABC):
    """A file of one format, read as its layout says.

    A format is a module of formats/ with its class as ``FORMAT``. A record has a number, by which people and load know
    it: the line where it ends, the position in a list, the row.
    """

    path: Path
    layout: Layout

    @abstractmethod
    def check(self) -> int:
        """Count the records of a file that was just delivered, in little memory.

        Raises FormatError when it is not all there or not what the layout says. What the values mean is not looked at:
        a single bad record is for load to quarantine.
        """

    @abstractmethod
    def count(self) -> int:
        """Count the records again, for verify; shares no code with ``relation``."""

    @abstractmethod
    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:
        """Write the file with changed records to ``target``; return how many are. The others stay as they are.

        Where the file has columns, one that a changed record leaves out stays, too. Raises FormatError when a changed
        record cannot be one of this file.
        """

    @abstractmethod
    def relation(self, query: Query, spare: Path) -> Relation:
        """How load reads it; ``spare`` may be written for that, and load removes it. Raises FormatError."""

    def may_have(self, column: str, found: Collection[str]) -> bool:
        """Whether a mapped column is one of those found, or lies in one where a format has fields within fields."""
        return column in found

    def texts_at(self, numbers: Collection[int]) -> dict[int, str]:
        """Some records as text, by number."""
        raise NotImplementedError

    def require_columns(self, found: Collection[str], hint: str) -> None:
        """Raise FormatError when a mapped column is not among those found."""
        missing = [column for column in self.layout.header if not self.may_have(column, found)]
        if missing:
            raise FormatError(
                f"lacks {', '.join(missing)}, which columns: in the client file maps; it has "
                f"{', '.join(found)[:300] or 'none'}. {hint}"
            )


def formats() -> list[str]:
    """The names of the formats, in alphabetical order."""
    folder = import_module(FOLDER)
    return sorted(module.name for module in pkgutil.iter_modules(folder.__path__) if module.name[0] != "_")


def data_file(path: Path, layout: Layout) -> DataFile:
    """The file, by the class of its format; imported now, as it may bring a library."""
    form: type[DataFile] = import_module(f"{FOLDER}.{layout.format}").FORMAT
    return form(path, layout)


def text_of(value: Any) -> str:
    """The value of a changed record where a file holds texts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
