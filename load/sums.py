"""Rows of one amount each, put together to one row with several, as the client file says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from contracts.data_file import FormatError, Place, Query, Relation
from contracts.layout import Expression, Sums
from contracts.printable import header, quoted_sql
from contracts.sql_text import literal
from contracts.warning import Kind
from load.errors import LoadError
from load.expressions import make_landed
from load.mapping import WHEN, Reading
from load.shapes import FILE_LINE, NO_TYPE, PART

SHOWN = 3


@dataclass(frozen=True)
class Summed:
    """How ``landed`` is read once its rows are put together; a row has what became of its records."""

    relation: Relation
    reading: Reading
    records: str = "coalesce(sum(record_count), 0)"
    is_empty: str = "taken_count = 0 and unreadable is null"
    row_name: str = (
        f"'line ' || {FILE_LINE} || ' of the file' || case when record_count > 1 "
        "then ' and ' || (record_count - 1) || ' more that make one row with it' else '' end"
    )

    def findings(self, query: Query, is_outside: str) -> Iterator[str]:
        """What of the rows that are ours no amount takes, and what comes twice, unless the client file says of it."""
        sums, block = self.reading.source.sums, f"sources.{self.reading.dataset} of the client file"
        is_ours = f"unreadable is null and not ({is_outside})"
        others = self._others(query, is_ours)
        if others and sums and sums.others is None:
            yield (
                f"{self.reading.path}: no when: of sums: in {block} takes {others}. Nothing of this delivery was "
                "loaded. Say which amount they are of, or others: leave_out there, or leave the rows out by where:."
            )
        repeated = query(
            f"select count(*), sum(equal_count), min({FILE_LINE}) from landed where equal_count > 0 and {is_ours}"
        )
        ((rows, records, line),) = repeated
        if rows and self.reading.source.repeated_rows is None:
            yield (
                f"{self.reading.path}: {records:,} of its rows come again with all that they say, the first among "
                f"those that become one with line {line}: each may be an amount of its own or delivered twice. Nothing "
                f"of this delivery was loaded. Say for {block} repeated_rows: keep, and each counts, or repeated_rows: "
                "drop, and equal rows count once."
            )

    def warnings(self, query: Query, is_outside: str) -> Iterator[tuple[Kind, str]]:
        """What `others: leave_out` leaves out of rows that are ours."""
        sums = self.reading.source.sums
        others = self._others(query, f"unreadable is null and not ({is_outside})")
        if others and sums and sums.others:
            yield Kind.AMOUNTS_LEFT_OUT, f"no when: of sums: takes {others}"

    def _others(self, query: Query, is_ours: str) -> str:
        ((records, amount),) = query(f"select sum(other_count), sum(other_amount) from landed where {is_ours}")
        if not records:
            return ""
        found = query(
            f"select other_example from landed where other_count > 0 and {is_ours} order by {FILE_LINE} limit {SHOWN}"
        )
        named = "; ".join(example for (example,) in found)
        rows = "1 row" if records == 1 else f"{records:,} rows"
        return f"{rows}, worth {amount:,.2f} in all ({named}{' ...' if records > len(found) else ''})"


def sum_rows(query: Query, relation: Relation, reading: Reading) -> Summed:
    """Make ``landed`` again with a row for all records of a key; ``reading`` is of the records.

    Raises FormatError for columns that do not fit, LoadError for conditions that are none.
    """
    sums, places = reading.source.sums, {**relation.places()}
    if sums is None:
        raise ValueError("the layout has no sums")
    _check_names(sums, places, reading.place)
    conditions = _conditions(sums, reading)
    by = {name: reading.place(name) or Place("null") for name in sums.by}
    summed = {one.sum for one in sums.amounts.values()}
    others = {name: place for name, place in places.items() if name not in by and name not in summed}
    used = [name for name in others if reading.source.uses(name) or _is_condition(reading, name)]
    numbers = {name: f"number_{position}" for position, name in enumerate(sorted(summed))}
    values = "".join(f", try({{'v': {reading.as_number(name)}}}) as {column}" for name, column in numbers.items())
    taken = ""
    for name, column in numbers.items():
        of_column = [amount for amount, one in sums.amounts.items() if one.sum == name]
        cases = ", ".join(f"case when {conditions[amount]} then {literal(amount)} end" for amount in of_column)
        taken += f", list_filter([{cases}], lambda one: one is not null) as taken_by_{column}"
    keys = "".join(
        f", trim(coalesce(cast({place.text} as varchar), '')) as key_{at}" for at, place in enumerate(by.values())
    )
    make_landed(
        query,
        f"""
        select
            *{taken}{keys}{values}, {relation.record or "null"} as record_text,
            row_number() over (partition by hash({relation.identity}), {relation.identity}) > 1 as is_repeat
        from landed
        """,
    )
    ((in_file,),) = query("select count(*) from landed")
    _put_together(query, reading, by, others, used, numbers, sums)
    ((records,),) = query("select coalesce(sum(record_count), 0) from landed")
    if records != in_file:
        raise FormatError(
            f"has {in_file:,} records and {records:,} of them in rows that sums: makes. This is a fault of the "
            "program, please report it."
        )
    made = {name: Place(f"by_{at}") for at, name in enumerate(by)}
    made |= {
        name: replace(place, text=f"first_{at}", value_type=f"first_type_{at}" if place.value_type else None)
        for at, (name, place) in enumerate(others.items())
    }
    made |= {name: Place(f"sum_{at}", "DECIMAL(38,6)") for at, name in enumerate(sums.amounts)}
    relation = replace(
        relation,
        places=lambda: made,
        line="rowid + 1",
        identity=", ".join(f"key_{at}" for at in range(len(by))),
        problem="unreadable",
        record="record_text" if relation.record else None,
    )
    return Summed(relation, reading)


def _put_together(
    query: Query,
    reading: Reading,
    by: dict[str, Place],
    others: dict[str, Place],
    used: list[str],
    numbers: dict[str, str],
    sums: Sums,
) -> None:
    keys = ", ".join(f"key_{at}" for at in range(len(by)))
    counts = "not is_repeat" if reading.source.repeated_rows == "drop" else "true"
    firsts = []
    for at, (name, place) in enumerate(others.items()):
        there = f"trim(coalesce(cast({place.text} as varchar), '')) <> ''"
        firsts.append(f"arg_min({place.text}, {FILE_LINE}) filter ({there}) as first_{at}")
        firsts.append(f"arg_min({place.value_type or NO_TYPE}, {FILE_LINE}) filter ({there}) as first_type_{at}")
        if name in used:
            text = f"trim(cast({place.text} as varchar))"
            is_personal = reading.is_personal(name)
            first, last = (
                quoted_sql(f"{end}({text}) filter ({there})", is_personal=is_personal) for end in ("min", "max")
            )
            firsts.append(
                f"case when count(distinct {text}) filter ({there}) > 1 then {literal(f'{name} is ')} || "
                f"{first} || ' and ' || {last} || "
                f"{literal(' in rows that become one by sums:; expected one value, or the column under by:')} end "
                f"as differs_{at}"
            )
    differs = [f"differs_{at}" for at, name in enumerate(others) if name in used]
    amounts = [
        f"sum({number}.v) filter (list_contains(taken_by_{number}, {literal(name)}) and {counts}) as sum_{at}"
        for at, (name, one) in enumerate(sums.amounts.items())
        for number in [numbers[one.sum]]
    ]
    is_no_number = " or ".join(f"{column} is null" for column in numbers.values())
    is_taken = " or ".join(f"len(taken_by_{column}) > 0" for column in numbers.values())
    others_of = [f"len(taken_by_{column}) = 0 and {column}.v <> 0" for column in numbers.values()]
    is_other = f"({' or '.join(others_of)}) and {counts}"
    of_others = " + ".join(
        f"case when {test} then {column}.v else 0 end" for test, column in zip(others_of, numbers.values(), strict=True)
    )
    several = " ".join(
        f"when len(taken_by_{column}) > 1 then list_aggregate(taken_by_{column}, 'string_agg', ' and ')"
        for column in numbers.values()
    )
    example = " || ', ' || ".join(
        f"{literal(f'{name} ')} || coalesce(cast({place.text} as varchar), '')"
        for name, place in _telling(reading, sums)
    )
    values = [f"any_value({place.text}) as by_{at}" for at, place in enumerate(by.values())]
    columns = ", ".join([*values, *firsts, *amounts])
    query(
        f"""
        create or replace temp table landed as
        select
            * exclude (record_problem, number_problem, several_problem),
            coalesce(record_problem, number_problem, several_problem{"".join(f", {one}" for one in differs)})
                as unreadable,
            1 as {PART}
        from (
            select
                {keys}, {columns},
                min({FILE_LINE}) as {FILE_LINE}, count(*) as record_count,
                arg_min(record_text, {FILE_LINE}) as record_text,
                count(*) filter (({is_taken}) and {counts}) as taken_count,
                count(*) filter ({is_other}) as other_count,
                coalesce(sum({of_others}) filter ({is_other}), 0) as other_amount,
                arg_min('line ' || {FILE_LINE} || ': ' || {example}, {FILE_LINE}) filter ({is_other}) as other_example,
                count(*) filter (is_repeat) as equal_count,
                arg_min(unreadable, {FILE_LINE}) filter (unreadable is not null) as record_problem,
                arg_min('line ' || {FILE_LINE} || ' of it has no number in ' || {literal(" or ".join(numbers))},
                    {FILE_LINE}) filter ({is_no_number}) as number_problem,
                arg_min('line ' || {FILE_LINE} || ' of it is taken by the amounts ' || case {several} end ||
                    ' of sums:; expected one of them', {FILE_LINE}) filter (case {several} end is not null)
                    as several_problem
            from landed
            group by {keys}
        )
        order by {FILE_LINE}
        """
    )


def _check_names(sums: Sums, places: dict[str, Place], place: Callable[[str], Place | None]) -> None:
    if missing := [name for name in sums.columns if place(name) is None]:
        raise FormatError(
            f"has no column {', '.join(missing)}, which sums: in the client file names; it has {header(places)}."
        )
    if taken := [name for name in sums.amounts if name in places]:
        raise FormatError(
            f"has a column {', '.join(taken)} of its own; expected another name under sums: in the client file."
        )


def _conditions(sums: Sums, reading: Reading) -> dict[str, str]:
    """SQL for whether a record is of an amount, by its name; raises LoadError for what is no condition."""
    compiled = {
        name: reading.compiled(f"sums.amounts.{name}{WHEN}", one.when, name) for name, one in sums.amounts.items()
    }
    if problems := [problem for _, problem in compiled.values() if problem]:
        raise LoadError(*problems)
    return {name: f"coalesce(try({one.sql}), false)" for name, (one, _) in compiled.items() if one}


def _is_condition(reading: Reading, name: str) -> bool:
    return bool(reading.source.where) and Expression(sql=str(reading.source.where)).mentions(name)


def _telling(reading: Reading, sums: Sums) -> Iterator[tuple[str, Place]]:
    """The columns that say what a record is of: those of conditions, then the amounts."""
    for name, place in reading.places.items():
        if any(one.mentions(name) for one in sums.amounts.values()):
            yield name, place
