"""The columns of a shop's own file: which is which of ours, and what its texts mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb

from contracts.data_file import Place, Query
from contracts.dataset import Column
from contracts.datasets import DATASETS, PERSONAL
from contracts.layout import Expression, Layout
from contracts.printable import header, quoted_sql
from contracts.sql_text import literal
from load.columns import Field
from load.errors import LoadError
from load.expressions import ExpressionError, over
from load.fields import Numbers, field_of, price_of_one
from load.telling_names import price_findings, unmapped_findings

WHERE, WHEN = "where", ".when"
_CONDITION = "is_ours"


@dataclass(frozen=True)
class Computed:
    """The values of an expression, which are in ``landed`` as the field ``v`` of a column; null where it fails."""

    column: str
    sql: str
    sql_type: str
    setting: str
    named: Mapping[str, Place]
    """The columns of the file that the expression names."""

    @property
    def place(self) -> Place:
        """How SQL reaches its values."""
        return Place(f"{self.column}.v", self.sql_type)


@dataclass(frozen=True)
class Reading:
    """How the records of one file, which are in ``landed``, are read as the client file says.

    ``places`` are the columns of the file, ``nowhere`` stands for one that no record has to have. Raises LoadError with
    everything that is wrong with the mapping.
    """

    dataset: str
    source: Layout
    currency: str
    path: Path
    places: Mapping[str, Place]
    nested: Callable[[str], Place | None]
    query: Query
    nowhere: Place | None = None

    @property
    def _block(self) -> str:
        return f"sources.{self.dataset} of the client file"

    def check(self) -> None:
        """Raise LoadError for what mapping and file do not have in common, and for expressions that are none."""
        problems = [*self._problems(), *(problem for _, problem in self._compiled if problem)]
        if problems:
            raise LoadError(*problems)

    def _problems(self) -> Iterator[str]:
        source, columns = self.source, {column.name: column for column in DATASETS[self.dataset].columns}
        numbers = {*source.minor_units, *source.negated, *source.rounded}
        named = {*source.columns, *source.constants, *source.values, *numbers}
        if unknown := sorted(named - columns.keys()):
            yield (
                f"{self._block} maps {', '.join(unknown)}, which {self.dataset} do not have; expected some of "
                f"{', '.join(columns)}."
            )
        if others := sorted(name for name in numbers & columns.keys() if not columns[name].kind.is_number):
            yield (
                f"{self._block} names {', '.join(others)} under minor_units, negated or rounded; expected columns of "
                "numbers."
            )
        given = {*source.columns, *source.constants}
        needed = [name for name, column in columns.items() if column.is_required and column.default_if_unmapped is None]
        if left_out := [name for name in needed if name not in given and columns[name].instead not in given]:
            yield (
                f"{self._block} does not say where {', '.join(left_out)} comes from; expected it under columns: or "
                "constants:."
            )
        new = self.new_columns
        if missing := [name for name in source.named_columns if self.place(name) is None]:
            yield (
                f"{self.path} has no column {', '.join(missing)}, which {self._block} maps; columns that it has and "
                f"nobody maps: {header(new)}. Was one renamed? Fix columns: in the client file, or ask "
                "for the file again."
            )
        if new and source.new_columns == "fail":
            yield (
                f"{self.path} has the new column {header(new)} and {self._block} says new_columns: fail. "
                "Map it, or say new_columns: accept or quarantine."
            )

    def name_findings(self, line: str, problem: str) -> tuple[str, ...]:
        """Columns that change figures by what their names say.

        ``line`` is SQL for the number of a record, ``problem`` for what is wrong with it.
        """
        is_counted = f"({problem}) is null and not ({self.is_left_out})"
        unmapped = {name: self.places[name] for name in self.new_columns}
        findings = (
            *unmapped_findings(self.query, self.dataset, self.source, unmapped, self._numbers, line, is_counted),
            *price_findings(self.query, self.dataset, self.source, self.fields, line, is_counted),
        )
        return tuple(f"{self.path}: {finding} Nothing of this delivery was loaded." for finding in findings)

    def place(self, name: str) -> Place | None:
        """How SQL reaches a column of the file, or a field of one by its path; None where there is none."""
        if name not in self._found:
            self._found[name] = self.places.get(name) or self.nested(name) or self.nowhere
        return self._found[name]

    @cached_property
    def _found(self) -> dict[str, Place | None]:
        return {}

    @cached_property
    def new_columns(self) -> list[str]:
        """The file's columns that nobody maps.

        Of items within orders those of the order are left to the source of orders; lines speak for their order, too.
        """
        known = {*self.source.named_columns}
        for computed in self.computed:
            known |= {*computed.named}
        known |= {".".join(name.split(".")[:length]) for name in known for length in range(1, name.count(".") + 1)}
        within = self.source.record_path[-1:] if self.dataset != "order_lines" else ()
        below = [name for name in self.places if within and within[0] in name.split(".")[:-1]]
        sums = self.source.sums
        known |= {name for name in self.places if sums and (name in sums.amounts or sums.mentions(name))}
        return [name for name in below or self.places if name not in known and name not in self.source.ignored_columns]

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Our columns as SQL over ``landed`` with what is computed."""
        fields = {
            column.name: field_of(column, self._place_of(column.name), self.source, self._numbers)
            for column in DATASETS[self.dataset].columns
        }
        if "unit_price" not in self.source.given and "line_total" in self.source.given:
            fields["unit_price"] = price_of_one(fields["line_total"], fields["quantity"])
        return fields

    @cached_property
    def look_up_keys(self) -> dict[str, list[tuple[Column, Field]]]:
        """Of our columns that another source has, the columns of its key there, with what this file says they are."""
        keys: dict[str, list[tuple[Column, Field]]] = {}
        source = self.source.model_copy(update={"constants": {}})  # which are of our columns, not of the other's
        for ours, look_up in self.source.look_ups.items():
            theirs = {column.name: column for column in DATASETS[look_up.dataset].columns}
            for name, of_file in look_up.by.items():
                place = self.place(of_file) if isinstance(of_file, str) else self._made(f"columns.{ours}.by.{name}")
                # Not required here: a row whose key is empty has nothing to look up.
                column = replace(theirs[name], is_required=False, default_if_blank=None)
                keys.setdefault(ours, []).append((column, field_of(column, place, source, self._numbers)))
        return keys

    def as_number(self, name: str) -> str:
        """SQL for a column of the file as a number; an error where it is another text, null where it is empty."""
        _, place = self._named(name)
        return self._numbers.calculated_with(place)

    @cached_property
    def _numbers(self) -> Numbers:
        mapped, constant = self.source.columns.get("currency"), self.source.constants.get("currency")
        text = literal(constant) if constant else None
        if isinstance(mapped, str) and (place := self.place(mapped)):
            text = place.text
        elif mapped is not None and not isinstance(mapped, str):
            text = f"computed_{[*self.source.expressions].index('currency')}.v"
        said = f"upper(trim(coalesce(cast({text} as varchar), '')))" if text else None
        return Numbers(self.source, self.currency, self.query, said)

    @cached_property
    def computed(self) -> list[Computed]:
        """The expressions that can be used, each over the file's columns; ``check`` says what is wrong with others."""
        return [computed for computed, _ in self._compiled if computed]

    @property
    def with_computed(self) -> str | None:
        """SQL for ``landed`` with the values of expressions; None where there are none."""
        if not self.computed:
            return None
        values = "".join(f", try({{'v': {computed.sql}}}) as {computed.column}" for computed in self.computed)
        return f"select *{values} from landed"

    @property
    def is_left_out(self) -> str:
        """SQL that holds for the records that ``where`` leaves out."""
        return f"{_CONDITION} is not null and {_CONDITION}.v is not true" if self.source.where else "false"

    @property
    def problem(self) -> str:
        """SQL for what is wrong with a record as a whole, or null."""
        return f"coalesce({self._new_column_problem()}, {', '.join(map(self._failure, self.computed)) or 'null'})"

    def _new_column_problem(self) -> str:
        if not self.new_columns or self.source.new_columns != "quarantine":
            return "null"
        tests = " ".join(
            f"when coalesce(cast({self.places[name].text} as varchar), '') <> '' "
            f"then {literal(f'the column {name} is new')}"
            for name in self.new_columns
        )
        return f"case {tests} end"

    @cached_property
    def _compiled(self) -> list[tuple[Computed | None, str]]:
        """Every expression, or what is wrong with it."""
        settings = {f"columns.{ours}": sql for ours, sql in self.source.expressions.items()}
        for ours, look_up in self.source.look_ups.items():
            of_key = {name: one.sql for name, one in look_up.by.items() if isinstance(one, Expression)}
            settings |= {f"columns.{ours}.by.{name}": sql for name, sql in of_key.items()}
        texts = [*settings.items(), *([(WHERE, self.source.where)] if self.source.where else [])]
        return [
            self.compiled(setting, text, _CONDITION if setting == WHERE else f"computed_{number}")
            for number, (setting, text) in enumerate(texts)
        ]

    def compiled(self, setting: str, text: str, column: str) -> tuple[Computed | None, str]:
        """An expression over the file's columns, or what is wrong with it; `where` and `when` have to be conditions."""
        columns: dict[str, Place] = {}

        def operand(name: str, is_number: bool) -> str:
            column, place = self._named(name)
            columns[column] = place
            return self._numbers.calculated_with(place) if is_number else place.text

        place = f"{setting} {text!r} of sources.{self.dataset} in the client file"
        try:
            sql = over(text, operand)
            ((_, sql_type, *_),) = self.query(f"describe select {sql} as v from landed")
        except ExpressionError as error:
            return None, f"{place} {error}."
        except duckdb.Error as error:
            return None, f"{place} cannot be used: {str(error).splitlines()[0]}."
        if setting.endswith((WHERE, WHEN)) and sql_type != "BOOLEAN":
            return None, f"{place} is no condition; expected one that is true for the rows that are meant."
        return Computed(column, sql, sql_type, setting, columns), ""

    def _named(self, name: str) -> tuple[str, Place]:
        """The column of the file that an expression names, in whatever capitals where only one fits."""
        found = self.place(name)
        if found is not None and name in self.places:
            return name, found
        alike = [theirs for theirs in self.places if theirs.lower() == name.lower()]
        if len(alike) == 1:
            return alike[0], self.places[alike[0]]
        if found is None:
            raise ExpressionError(f"names {name}, which {self.path} does not have; it has {header(self.places)}")
        return name, found

    def _place_of(self, name: str) -> Place | None:
        """Where a column of ours comes from; None where nobody maps it."""
        mapped = self.source.columns.get(name)
        if mapped is None:
            return None
        if isinstance(mapped, str):
            return self.place(mapped)
        return self._made(f"columns.{name}") if isinstance(mapped, Expression) else None

    def _made(self, setting: str) -> Place | None:
        """Where the values of an expression are; None where it cannot be used."""
        return next((one.place for one in self.computed if one.setting == setting), None)

    def is_personal(self, name: str) -> bool:
        """Whether a column of the file says who somebody is, by what is mapped to it or made of it."""
        ours = [one for ours, one in self.source.columns.items() if ours in PERSONAL]
        return any(one.mentions(name) if isinstance(one, Expression) else one == name for one in ours)

    def _failure(self, computed: Computed) -> str:
        """SQL for the reason where an expression fails."""
        values = "".join(
            f" || {literal(f' {name} ')} || "
            + quoted_sql(f"cast({place.text} as varchar)", is_personal=self.is_personal(name))
            for name, place in computed.named.items()
        )
        return (
            f"case when {computed.column} is null then {literal(f'{computed.setting} cannot be made of')}{values} end"
        )
