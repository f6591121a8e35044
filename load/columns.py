"""Which delivered text becomes a value of which type."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.dataset import DAY, ID, MOMENT, NAME, TEXT, Column
from contracts.ids import LOST_DIGITS
from contracts.sql_text import literal

ALL_DIGITS = (
    "all digits of the id, of which a spreadsheet shows the first few: format its column as text and export again"
)


@dataclass(frozen=True)
class Field:
    """Where a column comes from: SQL for the text as delivered, and for the plain text that is typed."""

    delivered: str
    plain: str
    date_format: str | None = None


# SQL for what is wrong with a line of an order as a whole; as a float, because the exact product may be too long.
AMOUNT_OVERFLOW = (
    "case when abs(cast(quantity as double) * cast(unit_price as double)) >= 1e12 then 'quantity ' || quantity "
    "|| ' at unit_price ' || unit_price || ' is too much for one line; expected less than 1,000,000,000,000' end"
)
PERIOD_ENDS_BEFORE_START = (
    "case when ended_date < started_date then 'ended_date ' || ended_date || ' is before started_date ' "
    "|| started_date || '; expected the first day after the period' end"
)
# What may be wrong with a record as a whole, by the columns it takes.
WHOLE_RECORD = (
    ({"quantity", "unit_price"}, AMOUNT_OVERFLOW),
    ({"started_date", "ended_date"}, PERIOD_ENDS_BEFORE_START),
)


def value(column: Column, field: Field, time_zone: str) -> str:
    """SQL for the typed value of a column; null where the plain text cannot become one."""
    text = field.plain
    if column.kind is TEXT:
        return f"nullif({text}, '')"
    if column.kind in (ID, NAME):
        return f"case when trim({text}) <> '' then {text} end"
    if column.kind is MOMENT:
        # Earlier ones are the zero of some program (0001-01-01, 1899-12-30) and would give the calendar 2,000 years.
        at = moment(text, field.date_format, time_zone)
        return f"case when {at} >= timestamp '1900-01-01' then {at} end"
    if column.kind is DAY:
        on = delivered_day(text, field.date_format)
        return f"case when {on} >= date '1900-01-01' then {on} end"
    pattern = literal(column.kind.pattern)
    return f"case when regexp_full_match({text}, {pattern}) then try_cast({text} as {column.kind.sql_type}) end"


def delivered_day(text: str, date_format: str | None) -> str:
    """SQL for a day that is delivered as such: a time beside it is midnight, or it would be a moment."""
    if date_format is not None:
        return f"cast(try_strptime({text}, {literal(date_format)}) as date)"
    pattern = r"\d{4}-\d\d-\d\d([ T]00:00(:00(\.0*)?)?)?"
    return f"case when regexp_full_match({text}, '{pattern}') then try_cast(left({text}, 10) as date) end"


def moment(text: str, date_format: str | None, time_zone: str) -> str:
    """SQL for a UTC timestamp; load and verify both go by it.

    A text without an offset is in the client's time zone. A local time that the clocks skip in spring counts as if
    they had not (01:30 is 02:30); one that they repeat in autumn is the second, in standard time. 24:00 is the
    midnight that ends its day.
    """
    zone = literal(time_zone)
    if date_format is not None:
        if "%z" in date_format:
            # DuckDB's %z does not know the Z of ISO 8601.
            parsed = rf"try_strptime(regexp_replace({text}, '(\d)Z$', '\1+00'), {literal(date_format)})"
            return f"timezone('UTC', {parsed})"
        parsed = f"try_strptime({text}, {literal(date_format)})"
        return f"timezone('UTC', {parsed if '%Z' in date_format else f'timezone({zone}, {parsed})'})"
    # DuckDB's cast to timestamp drops an offset and UTC without a word, so each form has its own cast.
    has_offset = rf"regexp_matches({text}, '\d:\d.*[+-]\d\d(:?\d\d)?$')"
    return (
        f"case when {text} like '____-%Z' or {text} ilike '____-% utc' then {_cast(text, 'timestamp')}"
        f" when {has_offset} then timezone('UTC', {_cast(text, 'timestamptz')})"
        f" when {text} like '____-%' then timezone('UTC', timezone({zone}, try_cast({text} as timestamp))) end"
    )


def _cast(text: str, sql_type: str) -> str:
    """SQL for a text with an offset, which DuckDB takes with seconds and without a blank before it only."""
    closed_up = rf"regexp_replace({text}, ' ([-+Z])', '\1')"
    with_seconds = rf"regexp_replace({closed_up}, '([T ]\d\d:\d\d)([-+Z])', '\1:00\2')"
    return f"coalesce(try_cast({text} as {sql_type}), try_cast({with_seconds} as {sql_type}))"


def is_sound(column: Column, field: Field) -> str:
    """SQL that holds when the typed column, named as the column, is what it must be."""
    tests = [f"{column.name} is not null"]
    if not column.is_required:
        tests[0] += f" or coalesce({field.delivered}, '') = ''"
    if column.allowed:
        allowed = ", ".join(map(literal, column.allowed))
        tests.append(f"{column.name} is null or {column.name} in ({allowed})")
    return " and ".join(f"({test})" for test in tests)


def rejection_reason(column: Column, field: Field, place: str) -> str:
    """SQL for the reason that names the column and its delivered text; ``place`` is SQL for where within the record."""
    expected = f"one of {', '.join(column.allowed)}" if column.allowed else column.kind.expected
    found = f"coalesce('''' || {field.delivered} || '''', 'null')"
    tail = f"; expected {expected}" if expected else ""
    if column.kind.example:
        tail += f", written as {field.date_format}" if field.date_format else f", such as {column.kind.example}"
    reason = literal(tail)
    if column.kind is ID:
        lost = f"regexp_full_match({field.delivered}, {literal(LOST_DIGITS)})"
        reason = f"case when {lost} then {literal(f'; expected {ALL_DIGITS}')} else {reason} end"
    if column.kind.decimals:
        plain = f"replace(trim({field.delivered}), ',', '.')"
        few = f", which has too many decimals; expected at most {column.kind.decimals}"
        has_many = f"regexp_full_match({plain}, {literal(column.kind.too_many_decimals)})"
        reason = f"case when {has_many} then {literal(few)} else {reason} end"
    return f"{place} || '{column.name} is ' || {found} || {reason}"


def local_day(moment: str, time_zone: str) -> str:
    """SQL for the day of a UTC timestamp in the client's time zone."""
    return f"cast(timezone({literal(time_zone)}, timezone('UTC', {moment})) as date)"
