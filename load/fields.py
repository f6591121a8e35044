"""SQL for a column of ours, by where it comes from and how the client file says that it is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from contracts.currencies import OURS, by_decimals, minor_decimals, signs_of
from contracts.data_file import Place, Query
from contracts.dataset import DAY, ID, MOMENT, Column
from contracts.ids import BLANKS
from contracts.layout import Layout
from contracts.sql_text import literal
from load.amounts import (
    POINT,
    Spelling,
    from_minor_units,
    other_sign,
    plain_number,
    rounded,
    shows_as_decimal,
    turned,
)
from load.columns import NOTHING, Field, Hint
from load.ids import id_field

# Whole numbers beyond this may have lost digits on their way through a float: 2^53 + 1 arrives as 2^53.
EXACT_IN_A_FLOAT = 2**53 - 1
FLOATS = ("DOUBLE", "FLOAT")
_TIMES = ("DATE", "TIMESTAMP")


def field_of(column: Column, place: Place | None, source: Layout, numbers: Numbers) -> Field:
    """A column of ours as SQL over ``landed``; ``place`` is None where nobody maps it."""
    if (constant := source.constants.get(column.name)) is not None:
        return Field(literal(constant), literal(constant))
    if place is None:
        default = column.default_if_unmapped
        text = literal(default) if default is not None else NOTHING
        return Field(text, text)
    delivered = _with_our_words(column, _delivered(column, place), source)
    if column.kind is ID:
        return _id_field(column, place, delivered, source)
    if column.kind.is_number:
        return _number_field(column, place, delivered, numbers)
    if column.kind in (DAY, MOMENT) and not place.sql_type.startswith(_TIMES):
        hints = tuple(_date_hints(source.date_formats))
        return Field(delivered, f"trim({delivered}, {literal(BLANKS)})", source.date_formats, hints)
    return Field(delivered, delivered)


def _with_our_words(column: Column, delivered: str, source: Layout) -> str:
    words = source.values.get(column.name)
    if words:
        cases = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in words.items())
        delivered = f"case {delivered} {cases} else {delivered} end"
    if column.default_if_blank is not None:
        delivered = f"coalesce(nullif({delivered}, ''), {literal(column.default_if_blank)})"
    return delivered


def _id_field(column: Column, place: Place, delivered: str, source: Layout) -> Field:
    field = id_field(column, delivered, source)
    if is_float := _is_float(place):
        whole = f"not ({is_float}) or regexp_full_match({delivered}, '-?\\d+')"
        return replace(field, plain=f"case when {whole} then {field.plain} end")
    return field


@dataclass(frozen=True)
class Numbers:
    """How the numbers of one file are written."""

    source: Layout
    currency: str
    query: Query
    row_currency: str | None = None
    """SQL for the currency that a row says, in capitals; None where rows say none."""

    def plain(self, text: str, place: Place, *, is_amount: bool) -> str:
        """SQL for the plain number that a text of a column is; null where it is none."""
        if place.sql_type != "VARCHAR":
            return plain_number(text, POINT) if place.sql_type in FLOATS else text
        plain = plain_number(text, self._spelling(place, is_amount=is_amount))
        if place.value_type is None:
            return plain
        # A number has its point whatever the decimal sign of the shop's texts.
        return f"case when {place.value_type} = 'VARCHAR' then {plain} else {plain_number(text, POINT)} end"

    def calculated_with(self, place: Place) -> str:
        """SQL for a column as a number; an error where it is another text, null where it is empty."""
        if place.sql_type != "VARCHAR":
            return place.text
        plain = self.plain(place.text, place, is_amount=True)
        is_short = f"regexp_full_match({plain}, '[+-]?\\d{{1,12}}(\\.\\d{{0,6}}0*)?')"
        text = f"case when {is_short} then {plain} else {place.text} || '?' end"
        # In two steps, as DuckDB's own cast of a text to so wide a decimal takes fifty times as long.
        number = f"cast(cast({text} as decimal(18, 6)) as decimal(38, 6))"
        return f"case when trim({place.text}, {literal(BLANKS)}) <> '' then {number} end"

    def amount_of_minor_units(self, plain: str) -> str:
        """SQL for the amount of a number of the smallest units of its currency; null where that has three decimals."""
        own = from_minor_units(plain, minor_decimals(self.currency))
        if self.row_currency is None:
            return own
        cases = "".join(
            f" when {self.row_currency} in ({', '.join(map(literal, names))}) "
            f"then {from_minor_units(plain, decimals) if decimals < OURS else 'null'}"
            for decimals, names in by_decimals().items()
        )
        return f"case when {self.row_currency} = '' then {own}{cases} else {from_minor_units(plain, OURS)} end"

    def _spelling(self, place: Place, *, is_amount: bool) -> Spelling:
        source, thousands = self.source, self.source.thousands
        if thousands is None:
            shows = shows_as_decimal(place.text, source.decimal)
            is_text = f"{place.value_type} = 'VARCHAR' and " if place.value_type else ""
            ((is_decimal,),) = self.query(f"select coalesce(bool_or({is_text}{shows}), false) from landed")
            thousands = "" if is_decimal else other_sign(source.decimal)
        signs = signs_of(self.currency) if is_amount and source.currency_signs else ()
        return Spelling(source.decimal, thousands, signs, source.negatives)


def _number_field(column: Column, place: Place, delivered: str, numbers: Numbers) -> Field:
    name, source, decimals = column.name, numbers.source, column.kind.decimals
    plain = numbers.plain(delivered, place, is_amount=decimals > 0)
    if name in source.minor_units:
        plain = numbers.amount_of_minor_units(plain)
    if name in source.rounded:
        plain = rounded(plain, decimals)
    if name in source.negated:
        plain = turned(plain)
    many = "" if name in source.rounded else f", or rounded: [{name}]"
    hints = tuple(_number_hints(column, source, numbers.currency))
    return Field(delivered, plain, hints=hints, if_too_many_decimals=many)


def _delivered(column: Column, place: Place) -> str:
    text = f"cast({place.text} as varchar)"
    if place.sql_type == "VARCHAR":
        is_float = _is_float(place) if column.kind is ID else None
        return f"case when {is_float} then {_whole(place, column)} else {place.text} end" if is_float else place.text
    if place.sql_type == "TIMESTAMP WITH TIME ZONE":
        return f"cast(timezone('UTC', {place.text}) as varchar) || 'Z'"
    if place.sql_type not in FLOATS:
        return text
    return text if column.kind.is_number else _whole(place, column)


def _is_float(place: Place) -> str | None:
    """SQL for whether a value came as a binary floating-point number; None where the column has none."""
    if place.sql_type in FLOATS:
        return "true"
    if place.value_type is None:
        return None
    # JSON says DOUBLE of long digits too, but hands them over as they are written.
    return f"{place.value_type} = 'DOUBLE' and regexp_matches({place.text}, '[.eE]')"


def _whole(place: Place, column: Column) -> str:
    """SQL for a float as the digits of a whole number, as far as it is one and has not lost any."""
    number = f"try_cast({place.text} as double)"
    whole = f"{number} = trunc({number}) and abs({number}) <= {EXACT_IN_A_FLOAT}"
    text = f"cast({place.text} as varchar)"
    other = f"{text} || ' as a float'" if column.kind is ID else text
    digits = f"cast(cast({number} as bigint) as varchar)"
    return f"case when isnan({number}) then null when {whole} then {digits} else {other} end"


def price_of_one(line_total: Field, quantity: Field) -> Field:
    """The price of one unit, to four decimals; what the line comes to is its total all the same."""
    total, units = (f"try_cast({field.plain} as double)" for field in (line_total, quantity))
    return Field(line_total.delivered, f"cast(cast({total} / nullif({units}, 0) as decimal(18, 4)) as varchar)")


def _number_hints(column: Column, source: Layout, currency: str) -> Iterator[Hint]:
    """What to say of a text that is no number of the column, by the setting that would make it one."""
    name, other = column.name, other_sign(source.decimal)
    sign = {",": "comma", ".": "point"}[other]
    if source.negatives != "brackets":
        yield Hint(r"\(.*\d.*\)", "; brackets are a minus only where negatives: brackets is said")
    if source.negatives != "trailing":
        yield Hint(r"\d\s*-$", "; a minus behind a number is one only where negatives: trailing is said")
    if name in source.negated:
        yield Hint(r"^\s*\+?\d", f"; negated: [{name}] expects amounts of 0 or below")
    elif column.kind.whole.startswith(r"\+"):
        yield Hint(
            r"^\s*[-\x{2212}]\s*\d", f"; if every one is delivered below zero, negated: [{name}] turns their sign"
        )
    if column.kind.decimals and not source.currency_signs:
        yield Hint(r"^[^\d]*\d.*(\p{Sc}|\pL)|(\p{Sc}|\pL)[^\d]*\d", "; a currency beside it needs currency_signs: true")
    if column.kind.decimals and source.currency_signs:
        yield Hint(r"\d[^\d]*(\p{Sc}|\pL)|(\p{Sc}|\pL)[^\d]*\d", f"; beside an amount only {currency} is read")
    if source.thousands is None:
        yield Hint(
            re.escape(other),
            f"; a {sign} is a thousands sign only before groups of three, behind no 0 and while no row shows it as the "
            f'decimal sign; if it is that, say decimal: "{other}"',
        )
        yield Hint(r"\d[\s\x{a0}\x{2009}\x{202f}'\x{2019}]\d", '; signs between groups of digits need thousands: " \'"')


def _date_hints(formats: Collection[str]) -> Iterator[Hint]:
    """What to say of a text that is no date, by the setting that would make it one."""
    if formats:
        yield Hint("", "; date_format may be a list of several")
        return
    yield Hint(r"^\s*\d{9,10}(\.\d*)?\s*$", "; if it counts seconds, say date_format: epoch_seconds")
    yield Hint(r"^\s*\d{12,13}(\.\d*)?\s*$", "; if it counts milliseconds, say date_format: epoch_milliseconds")
    yield Hint(r"^\s*\d{5}(\.\d*)?\s*$", "; if it is Excel's number of a day, say date_format: excel_serial")
    yield Hint(r"\d[./-]\d", "; say how it is written: date_format")
