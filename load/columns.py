"""What every dataset delivers: the columns, and which delivered text becomes a value of which type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from load.sql_text import literal


@dataclass(frozen=True)
class Kind:
    """One kind of column: its type, the plain text that can become it (full match) and how to say so.

    ``example`` is given where a text can be written in many ways.
    """

    sql_type: str
    pattern: str = ""
    expected: str = ""
    is_number: bool = False
    example: str = ""


TEXT = Kind("varchar")
ID = Kind("varchar", expected="an id")
NAME = Kind("varchar", expected="a name")
MOMENT = Kind("timestamp", expected="a date or timestamp from 1900 on", example="2026-10-31T16:20:05Z")
DAY = Kind("date", expected="a day from 1900 on", example="2026-10-31")
# The patterns keep what DuckDB's cast would take silently: it rounds '1.005' to two decimals and '2.5' to a 3, reads
# '0x10' as 16, and accepts 'infinity'. Amounts end at 10^12: from there products with a rate or 10^4 leave decimal(18).
COUNT = Kind("integer", r"\+?0*[1-9]\d{0,8}(\.0*)?", "a whole number of at least 1", True)
TALLY = Kind("bigint", r"\+?\d{1,15}(\.0*)?", "a whole number of at least 0", True)
INTEGER = Kind("integer", r"[+-]?\d{1,9}(\.0*)?", "a whole number", True)
AMOUNT = Kind("decimal(18, 2)", r"\+?\d{1,12}(\.\d{0,2}0*)?", "an amount from 0 to 999,999,999,999.99", True)
PRICE = Kind("decimal(18, 4)", r"\+?\d{1,12}(\.\d{0,4}0*)?", "an amount from 0 to 999,999,999,999.9999", True)
SIGNED_PRICE = Kind("decimal(18, 4)", r"[+-]?\d{1,12}(\.\d{0,4}0*)?", "an amount up to 999,999,999,999.9999", True)
DEGREES = Kind("decimal(18, 2)", r"[+-]?\d{1,3}(\.\d{0,2}0*)?", "degrees from -999.99 to 999.99", True)
RATING = Kind("decimal(3, 2)", r"\d(\.\d{0,2}0*)?", "a rating from 0 to 9.99", True)


@dataclass(frozen=True)
class Column:
    """One column of a dataset.

    ``absent`` stands for the column where a shop's own file does not map it; ``empty`` where the file leaves it
    empty. Deliveries in our own layout have every column, so a gap there is a defect.
    """

    name: str
    kind: Kind = TEXT
    is_required: bool = False
    absent: str | None = None
    empty: str | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """Where a column comes from: SQL for the text as delivered, and for the plain text that is typed."""

    delivered: str
    plain: str
    date_format: str | None = None


PRODUCT_TYPES = ("product", "shipping", "fee", "discount", "gift_card", "sample", "adjustment")
EVENT_TYPES = ("session", "view", "cart", "checkout", "purchase")
ORDER_STATUSES = ("placed", "completed", "shipped", "cancelled")


def _free(name: str) -> Column:
    return Column(name, AMOUNT, is_required=True, absent="0", empty="0")


_ITEM = (
    Column("product_id", ID, is_required=True),
    Column("quantity", COUNT, is_required=True),
    Column("unit_price", PRICE, is_required=True),
    _free("discount_amount"),
)
_PAYMENT = (
    Column("payment_id", ID, is_required=True),
    Column("attempt_number", COUNT, is_required=True, absent="1", empty="1"),
    Column("method"),
    Column("status", is_required=True, allowed=("succeeded", "failed")),
    Column("amount", AMOUNT, is_required=True),
    Column("paid_at", MOMENT),
)
_STATUS = Column("status", is_required=True, absent="completed", allowed=ORDER_STATUSES)

DATASETS: Mapping[str, tuple[Column, ...]] = {
    "customers": (
        Column("customer_id", ID, is_required=True),
        *(Column(name) for name in ("first_name", "last_name", "email", "phone")),
        *(Column(name) for name in ("street", "city", "postal_code", "country", "segment")),
        Column("signup_at", MOMENT),
    ),
    "products": (
        Column("product_id", ID, is_required=True),
        *(Column(name) for name in ("title", "description", "category")),
        Column("list_price", AMOUNT),
        Column("rating", RATING),
        Column("rating_count", INTEGER),
        Column("image_url"),
        Column("product_type", allowed=PRODUCT_TYPES),
        Column("origin"),
    ),
    "orders": (
        Column("order_id", ID, is_required=True),
        Column("customer_id", ID),
        Column("order_at", MOMENT, is_required=True),
        _STATUS,
        Column("channel"),
        Column("country"),
        *(_free(name) for name in ("discount_amount", "tax_amount", "shipping_amount")),
    ),
    "order_lines": (
        Column("order_id", ID, is_required=True),
        Column("product_id", ID, is_required=True),
        Column("description"),
        Column("quantity", INTEGER, is_required=True),
        Column("order_at", MOMENT, is_required=True),
        Column("unit_price", SIGNED_PRICE, is_required=True),
        Column("customer_id", ID),
        _STATUS,
        Column("channel"),
        Column("country"),
        _free("discount_amount"),
    ),
    "order_items": (
        Column("order_id", ID, is_required=True),
        Column("line_number", COUNT, is_required=True, absent="1"),
        *_ITEM,
    ),
    "payments": (Column("order_id", ID, is_required=True), *_PAYMENT),
    "returns": (
        Column("return_id", ID, is_required=True),
        Column("order_id", ID),
        Column("line_number", COUNT),
        Column("product_id", ID, is_required=True),
        Column("customer_id", ID),
        Column("quantity", COUNT, is_required=True),
        Column("refund_amount", AMOUNT, is_required=True),
        Column("returned_at", MOMENT, is_required=True),
        Column("reason"),
    ),
    "ad_spend": (
        Column("spend_date", DAY, is_required=True),
        Column("channel", NAME, is_required=True),
        Column("campaign", NAME, is_required=True, absent="all", empty="all"),
        Column("spend_amount", AMOUNT, is_required=True),
        Column("impressions", TALLY),
        Column("clicks", TALLY),
    ),
    "events": (
        Column("event_id", ID, is_required=True, absent="unnumbered"),
        Column("event_at", MOMENT, is_required=True),
        Column("event_type", is_required=True, allowed=EVENT_TYPES),
        Column("channel", NAME, is_required=True, absent="unknown", empty="unknown"),
        Column("product_id", ID),
        Column("event_count", TALLY, is_required=True, absent="1", empty="1"),
    ),
    "subscriptions": (
        Column("subscription_id", ID, is_required=True),
        Column("customer_id", ID, is_required=True),
        Column("plan"),
        Column("started_date", DAY, is_required=True),
        Column("ended_date", DAY),
        Column("monthly_amount", AMOUNT, is_required=True),
    ),
    "weather": (
        Column("weather_date", DAY, is_required=True),
        Column("country", NAME, is_required=True),
        Column("temperature", DEGREES),
        Column("precipitation", AMOUNT),
    ),
    "inventory": (
        Column("stock_date", DAY, is_required=True),
        Column("product_id", ID, is_required=True),
        Column("stock_on_hand", INTEGER, is_required=True),
        Column("received_units", TALLY, is_required=True, absent="0", empty="0"),
    ),
}
# SQL for what is wrong with a line of an order as a whole; as a float, because the exact product may be too long.
TOO_MUCH = (
    "case when abs(cast(quantity as double) * cast(unit_price as double)) >= 1e12 then 'quantity ' || quantity "
    "|| ' at unit_price ' || unit_price || ' is too much for one line; expected less than 1,000,000,000,000' end"
)
BACKWARDS = (
    "case when ended_date < started_date then 'ended_date ' || ended_date || ' is before started_date ' "
    "|| started_date || '; expected the first day after the period' end"
)
# What may be wrong with a record as a whole, by the columns it takes.
WHOLE_RECORD = (({"quantity", "unit_price"}, TOO_MUCH), ({"started_date", "ended_date"}, BACKWARDS))
# The lists within a nested order.
NESTED: Mapping[str, tuple[Column, ...]] = {
    "items": (Column("line_number", COUNT, is_required=True), *_ITEM),
    "payments": _PAYMENT,
}


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


def complaint(column: Column, field: Field, place: str) -> str:
    """SQL for the reason that names the column and its delivered text; ``place`` is SQL for where within the record."""
    expected = f"one of {', '.join(column.allowed)}" if column.allowed else column.kind.expected
    found = f"coalesce('''' || {field.delivered} || '''', 'null')"
    tail = f"; expected {expected}" if expected else ""
    if column.kind.example:
        tail += f", written as {field.date_format}" if field.date_format else f", such as {column.kind.example}"
    return f"{place} || '{column.name} is ' || {found} || {literal(tail)}"


def local_day(moment: str, time_zone: str) -> str:
    """SQL for the day of a UTC timestamp in the client's time zone."""
    return f"cast(timezone({literal(time_zone)}, timezone('UTC', {moment})) as date)"
