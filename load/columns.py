"""Which delivered text becomes a value of which type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.dataset import CURRENCY, DAY, FLAG, ID, MOMENT, NAME, TEXT, Column
from contracts.datasets.refunds import PART_NAMES
from contracts.ids import LOST_DIGITS
from contracts.printable import quoted_sql
from contracts.sql_text import literal
from contracts.text_format import EPOCHS

ALL_DIGITS = (
    "all digits of the id, of which a spreadsheet shows the first few: format its column as text and export again"
)


# No clock is further from UTC.
_OFFSET = r"(\+(0\d|1[0-3])(:?[0-5]\d)?|\+14(:?00)?|-(0\d|1[01])(:?[0-5]\d)?|-12(:?00)?)"
_TIME = r":\d\d([.,]\d*)? ?([AaPp][Mm])? ?"


# SQL for the text of a column that no row has.
NOTHING = "cast(null as varchar)"


@dataclass(frozen=True)
class Hint:
    """What to say of a text that cannot be read, where it matches a pattern."""

    pattern: str
    text: str


@dataclass(frozen=True)
class Field:
    """Where a column comes from: SQL for the text as delivered, and for the plain text that is typed."""

    delivered: str
    plain: str
    date_formats: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    if_too_many_decimals: str = ""
    """What else to say of a number that only its decimals keep from being one."""

    @property
    def is_nowhere(self) -> bool:
        """Whether no row has it."""
        return self.plain == NOTHING


# SQL for what a line comes to before any discount. Nearly every product fits 18 digits, and DuckDB computes and rounds
# one of more digits thirty times slower.
PRICE = (
    "coalesce(line_total, case when abs(quantity) < 1000000 and abs(unit_price) < 100000 "
    "then cast(round(cast(quantity as decimal(9, 3)) * cast(unit_price as decimal(9, 4)), 2) as decimal(18, 2)) "
    "else cast(round(quantity * unit_price, 2) as decimal(18, 2)) end)"
)
# SQL for a quantity as people write it.
UNITS = "rtrim(rtrim(cast(quantity as varchar), '0'), '.')"
# SQL for what is wrong with a line of an order as a whole; as a float, because the exact product may be too long.
AMOUNT_OVERFLOW = (
    f"case when abs(cast(quantity as double) * cast(unit_price as double)) >= 1e12 then 'quantity ' || {UNITS} "
    "|| ' at unit_price ' || unit_price || ' is too much for one line; expected less than 1,000,000,000,000' end"
)
PERIOD_ENDS_BEFORE_START = (
    "case when ended_date < started_date then 'ended_date ' || ended_date || ' is before started_date ' "
    "|| started_date || '; expected the first day after the period' end"
)
LINE_TOTAL_DIFFERS = (
    f"case when abs(line_total - quantity * unit_price) > 0.0051 + 0.00005 * abs(quantity) then 'quantity ' || {UNITS} "
    "|| ' at unit_price ' || unit_price || ' is not the line_total ' || line_total end"
)
RATE_DIFFERS = (
    "case when discount_rate > 1 then 'discount_rate is ' || discount_rate || '; expected a share from 0 to 1' "
    "when discount_amount <> 0 "
    "and abs(abs(discount_amount) - discount_rate * abs(coalesce(line_total, quantity * unit_price))) > 0.0051 "
    "then 'discount_amount ' || discount_amount || ' is not the share discount_rate ' || discount_rate || ' of ' "
    "|| coalesce(line_total, quantity * unit_price) end"
)
_PARTS_OF_REFUND = " + ".join(f"coalesce({name}, 0)" for name in PART_NAMES)
REFUND_WITHOUT_AMOUNT = (
    f"case when concat(delivered_refund_amount, {', '.join(f'delivered_{name}' for name in PART_NAMES)}) = '' "
    f"then 'it has no amount; expected refund_amount, or its parts {', '.join(PART_NAMES)}' end"
)
PARTS_OF_REFUND_DIFFER = (
    f"case when {' + '.join(PART_NAMES)} <> refund_amount then 'refund_amount is ' || refund_amount "
    f"|| ', but its parts add up to ' || ({_PARTS_OF_REFUND}) || '; expected {' + '.join(PART_NAMES)}' end"
)
NO_FIRST_DAY = (
    "case when day(target_month) <> 1 then 'target_month is ' || target_month || '; expected the first of a month' end"
)
NET_DIFFERS = (
    "case when net_amount <> amount - fee_amount then 'net_amount is ' || net_amount || ', but amount ' || amount "
    "|| ' less fee_amount ' || fee_amount || ' is ' || (amount - fee_amount) end"
)
TRUE, FALSE = "'true', 't', 'yes', 'y', '1'", "'false', 'f', 'no', 'n', '0'"
# What may be wrong with a record as a whole, by the columns it takes.
WHOLE_RECORD = (
    ({"quantity", "unit_price"}, AMOUNT_OVERFLOW),
    ({"line_total"}, LINE_TOTAL_DIFFERS),
    ({"discount_rate"}, RATE_DIFFERS),
    ({"started_date", "ended_date"}, PERIOD_ENDS_BEFORE_START),
    ({"refund_id"}, REFUND_WITHOUT_AMOUNT),
    ({"amount", "fee_amount", "net_amount"}, NET_DIFFERS),
    ({"target_month"}, NO_FIRST_DAY),
    ({"refund_amount"}, PARTS_OF_REFUND_DIFFER),
)


def value(column: Column, field: Field, time_zone: str) -> str:
    """SQL for the typed value of a column; null where the plain text cannot become one."""
    text = field.plain
    if field.is_nowhere:
        return f"cast(null as {column.kind.sql_type})"
    if column.kind in (TEXT, ID, NAME):
        return f"nullif({text}, '')" if column.kind is TEXT else f"case when trim({text}) <> '' then {text} end"
    if column.kind is MOMENT:
        # Earlier ones are the zero of some program (0001-01-01, 1899-12-30) and would give the calendar 2,000 years.
        at = moment(text, field.date_formats, time_zone)
        return f"case when {at} >= timestamp '1900-01-01' then {at} end"
    if column.kind is DAY:
        on = delivered_day(text, field.date_formats, time_zone)
        return f"case when {on} >= date '1900-01-01' then {on} end"
    if column.kind in (FLAG, CURRENCY):
        return _word(column, f"trim({text})")
    pattern = literal(column.kind.pattern)
    # Over 18 digits, which hold every number of these kinds: DuckDB casts a text to more fifty times as slowly.
    is_wide = column.kind.sql_type.startswith("decimal(19")
    number = f"try_cast({text} as {f'decimal(18, {column.kind.decimals})' if is_wide else column.kind.sql_type})"
    if is_wide:
        number = f"cast({number} as {column.kind.sql_type})"
    is_enough = f" and {number} > 0" if column.kind.is_positive else ""
    return f"case when regexp_full_match({text}, {pattern}){is_enough} then {number} end"


def _word(column: Column, text: str) -> str:
    if column.kind is CURRENCY:
        return f"case when regexp_full_match({text}, '[A-Za-z]{{3}}') then upper({text}) end"
    return f"case when lower({text}) in ({TRUE}) then true when lower({text}) in ({FALSE}) then false end"


def delivered_day(text: str, date_formats: Sequence[str], time_zone: str) -> str:
    """SQL for a day that is delivered as such: a time beside it is midnight, or it would be a moment."""
    if date_formats:
        return _only_one([f"cast({_parsed_day(text, one, time_zone)} as date)" for one in date_formats], "date")
    pattern = r"\d{4}-\d\d-\d\d([ T]00:00(:00(\.0*)?)?)?"
    return f"case when regexp_full_match({text}, '{pattern}') then try_cast(left({text}, 10) as date) end"


def _parsed_day(text: str, date_format: str, time_zone: str) -> str:
    if date_format == "excel_serial":
        return _excel_moment(text)
    if date_format in EPOCHS:
        return local_day(_epoch_moment(text, date_format), time_zone)
    return f"try_strptime({text}, {literal(date_format)})"


def moment(text: str, date_formats: Sequence[str], time_zone: str) -> str:
    """SQL for a UTC timestamp; load and verify both go by it.

    A text without an offset is in the client's time zone. A local time that the clocks skip in spring counts as if
    they had not (01:30 is 02:30); one that they repeat in autumn is the second, in standard time. 24:00 is the
    midnight that ends its day. An offset that no clock has makes no moment.
    """
    zone = literal(time_zone)
    if date_formats:
        return _only_one([_parsed_moment(text, one, zone) for one in date_formats], "timestamp")
    # DuckDB's cast to timestamp drops an offset and UTC without a word, so each form has its own cast.
    has_offset = rf"regexp_matches({text}, '\d:\d.*[+-]\d\d(:?\d\d)?$')"
    return (
        f"case when {text} like '____-%Z' or {text} ilike '____-% utc' then {_cast(text, 'timestamp')}"
        f" when {has_offset} then case when regexp_matches({text}, '{_OFFSET}$') then"
        f" timezone('UTC', {_cast(text, 'timestamptz')}) end"
        f" when {text} like '____-%' then timezone('UTC', timezone({zone}, try_cast({text} as timestamp))) end"
    )


def _parsed_moment(text: str, date_format: str, zone: str) -> str:
    if date_format in EPOCHS:
        return _epoch_moment(text, date_format)
    if date_format == "excel_serial":
        return f"timezone('UTC', timezone({zone}, {_excel_moment(text)}))"
    parsed = f"try_strptime({text}, {literal(date_format)})"
    if "%z" in date_format:
        # DuckDB's %z does not know the Z of ISO 8601.
        parsed = rf"try_strptime(regexp_replace({text}, '(\d)Z$', '\1+00'), {literal(date_format)})"
        is_off = rf"regexp_matches({text}, '{_TIME}[+-]') and not regexp_matches({text}, '{_TIME}{_OFFSET}([^\d:]|$)')"
        return f"case when {is_off} then null else timezone('UTC', {parsed}) end"
    return f"timezone('UTC', {parsed if '%Z' in date_format else f'timezone({zone}, {parsed})'})"


def _only_one(values: Sequence[str], sql_type: str) -> str:
    """SQL for what a text is by the formats that it can be read by; null where those make different things of it."""
    if len(values) == 1:
        return values[0]
    # A year of two digits is not one of four.
    sound = ", ".join(f"case when {one} >= {sql_type} '1900-01-01' then {one} end" for one in values)
    return f"case when least({sound}) = greatest({sound}) then least({sound}) end"


def _epoch_moment(text: str, date_format: str) -> str:
    """SQL for the moment that lies so many seconds or milliseconds after the beginning of 1970."""
    number = f"cast(try_cast({text} as decimal(18, 3)) as decimal(38, 3)) * {EPOCHS[date_format]}"
    is_number = rf"regexp_full_match({text}, '-?\d{{1,14}}(\.\d*)?')"
    return f"case when {is_number} then try(make_timestamp(cast({number} as bigint))) end"


def _excel_moment(text: str) -> str:
    """SQL for the local time that lies so many days after Excel's day 0, to the millisecond that it keeps."""
    milliseconds = f"cast(round(try_cast({text} as double) * 86400000) as bigint)"
    is_number = rf"regexp_full_match({text}, '\d{{1,6}}(\.\d*)?')"
    return f"case when {is_number} then timestamp '1899-12-30' + to_milliseconds({milliseconds}) end"


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
    found = quoted_sql(field.delivered, is_personal=column.is_personal)
    tail = f"; expected {expected}" if expected else ""
    if column.kind.example:
        written = f", written as {' or '.join(field.date_formats)}" if field.date_formats else ""
        tail += written or f", such as {column.kind.example}"
    reason = literal(tail)
    if field.hints:
        cases = " ".join(
            f"when regexp_matches({field.delivered}, {literal(hint.pattern)}) then {literal(tail + hint.text)}"
            for hint in field.hints
        )
        reason = f"case {cases} else {reason} end"
    if column.kind is ID:
        lost = f"regexp_full_match({field.delivered}, {literal(LOST_DIGITS)})"
        reason = f"case when {lost} then {literal(f'; expected {ALL_DIGITS}')} else {reason} end"
    if column.kind.decimals:
        plain = f"replace(trim({field.delivered}), ',', '.')"
        few = f", which has too many decimals; expected at most {column.kind.decimals}{field.if_too_many_decimals}"
        has_many = f"regexp_full_match({plain}, {literal(column.kind.too_many_decimals)})"
        reason = f"case when {has_many} then {literal(few)} else {reason} end"
    if column.below_zero:
        is_below = f"regexp_matches({field.delivered}, '^\\s*[-−(]|[-−)]\\s*$')"
        reason += f" || case when {is_below} then {literal(f'. {column.below_zero}')} else '' end"
    return f"{place} || '{column.name} is ' || {found} || {reason}"


def local_day(moment: str, time_zone: str) -> str:
    """SQL for the day of a UTC timestamp in the client's time zone."""
    return f"cast(timezone({literal(time_zone)}, timezone('UTC', {moment})) as date)"
